"""The Curve gym looks ahead: its future is made of predictions, and the truth stands beside it where it is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.gym import Gym
from mycaffe_py.testing.gyms import check_gym

DEGREE = 2 * math.pi / 360


def started(gym, steps):
    gym.reset()
    for _ in range(steps):
        gym.step(None)
    return gym


def look_ahead(gym, predictions):
    """Return copies of the last observation's arrays, and every info."""
    infos = []
    for prediction in predictions:
        observation, info = gym.look_ahead(prediction)
        infos.append(info)
    return {name: values.copy() for name, values in observation.items()}, infos


def targets(infos):
    return np.array([info["target"] for info in infos])[:, 0]


@pytest.mark.parametrize(("curve", "function"), [("SIN", np.sin), ("COS", np.cos)])
def test_past_values_are_the_predictions_and_targets_the_curve(make_gym, curve, function):
    gym = started(make_gym(f"curve: {curve} input: Y"), 9)
    observation, infos = look_ahead(gym, [0.5, 0.25, -3.0])
    x = np.arange(13) * DEGREE
    np.testing.assert_allclose(observation["target"][:, 0], function(x), atol=1e-14)
    np.testing.assert_allclose(observation["x"][1:10, 0], function(x[:9]), atol=1e-14)
    assert observation["x"][10:, 0].tolist() == [0.5, 0.25, -3.0]
    assert observation["mask"][:, 0].tolist() == [0] + [1] * 12
    np.testing.assert_allclose(targets(infos), function(x[10:]), atol=1e-14)
    np.testing.assert_allclose([info["time"] for info in infos], x[10:] / 360)
    assert [info["index"] for info in infos] == [10, 11, 12]
    assert infos[0]["y"] == infos[0]["target"][0] and not infos[0]["observed"]


def test_without_a_prediction_the_net_sees_what_really_was(make_gym):
    observation, _ = look_ahead(started(make_gym("input: X_AND_Y"), 4), [None, None, 0.5, None])
    x = np.arange(9) * DEGREE
    np.testing.assert_allclose(observation["x"][:, 0], x)
    seen = np.sin(x[:-1])
    seen[6] = 0.5
    np.testing.assert_allclose(observation["x"][1:, 1], seen, atol=1e-14)
    assert (observation["mask"][1:] == 1).all()


def test_what_was_not_seen_stays_unseen_without_a_prediction(make_gym):
    gym = make_gym("input: Y drop_ratio: 0.5", seed=2)
    _, info = gym.reset()
    while info["observed"] or info["index"] < 3:
        *_, info = gym.step()
    seen = gym.look_ahead()[0]["x"][-1, 0]
    observation, _ = gym.look_ahead(0.5)
    assert observation["mask"][-2:, 0].tolist() == [0, 1]
    assert observation["x"][-3:, 0].tolist()[1:] == [seen, 0.5]


def test_nothing_is_noisy_or_missing_ahead(make_gym):
    gym = started(make_gym("input: X_AND_Y noise: 0.5 drop_ratio: 0.9 jitter: 0.5"), 20)
    predictions = np.linspace(-1, 1, 100)
    observation, infos = look_ahead(gym, predictions)
    np.testing.assert_array_equal(observation["x"][-100:, 1], predictions)
    assert (observation["mask"][-100:] == 1).all()
    positions = np.array([info["x"] for info in infos])
    np.testing.assert_array_equal(observation["x"][-100:, 0], positions)
    np.testing.assert_allclose(targets(infos), np.sin(positions))
    steps = np.diff(positions) / DEGREE
    assert steps.min() < 0.6 and steps.max() > 1.4  # the steps stay as irregular as they were


def test_x_and_time_start_again_ahead_too(make_gym):
    gym = started(make_gym("x_limit: 1 step: 0.3 time: DELTA time_scale: 10 x_wrap: true"), 2)
    observation, infos = look_ahead(gym, [0.0] * 4)
    np.testing.assert_allclose([info["x"] for info in infos], [0.9, 0, 0.3, 0.6])
    np.testing.assert_allclose(observation["tt"], 3)
    np.testing.assert_allclose(targets(infos), np.sin([0.9, 0, 0.3, 0.6]), atol=1e-14)


def test_where_a_random_walk_goes_nobody_knows(make_gym):
    gym = started(make_gym("curve: RANDOM input: Y"), 5)
    last = gym.curve_points()["target"][-1]
    observation, infos = look_ahead(gym, [None, None, 0.5, 0.75])
    assert np.isnan(targets(infos)).all() and math.isnan(infos[0]["y"])
    assert observation["x"][-4:, 0].tolist() == [last, last, 0.5, 0.75]
    assert observation["mask"][-4:, 0].tolist() == [1, 0, 1, 1]
    assert observation["target"][-4:, 0].tolist() == [last, last, 0.5, 0.75]
    assert np.isnan(gym.curve_points()["target"][-4:]).all()


CSV = "day,y\n0,1\n1,2\n3,\n4,4\n7,5\n"


def test_ahead_within_a_file_the_truth_is_the_files(make_csv_gym):
    gym = started(make_csv_gym(CSV, "csv_time_column: 'day' input: Y time: DELTA time_scale: 1"), 1)
    observation, infos = look_ahead(gym, [20, 30, 40])
    assert [info["x"] for info in infos] == [3, 4, 7]
    np.testing.assert_array_equal(targets(infos), [np.nan, 4, 5])
    assert observation["x"][:, 0].tolist() == [0, 1, 20, 30, 40]
    assert observation["tt"][1:].tolist() == [1, 2, 1, 3]


def test_beyond_a_file_x_goes_on_by_its_median_step(make_csv_gym):
    text = "csv_time_column: 'day' input: Y time: DELTA time_scale: 1"
    gym = started(make_csv_gym(CSV, text), 4)
    assert gym.step(9.0)[2]  # terminated: no point was added
    observation, infos = look_ahead(gym, [None, 7, 8])
    assert [info["x"] for info in infos] == [8.5, 10, 11.5]
    assert np.isnan(targets(infos)).all()
    assert observation["x"][-4:, 0].tolist() == [4, 5, 7, 8]
    assert observation["tt"][-3:].tolist() == [1.5, 1.5, 1.5]
    restored = make_csv_gym(CSV, text)
    restored.load_state(gym.state())
    assert restored.look_ahead(1)[1]["x"] == gym.look_ahead(1)[1]["x"] == 13


def test_a_forecast_begins_at_the_last_row(make_csv_gym):
    gym = make_csv_gym(CSV, "csv_time_column: 'day' input: Y time: DELTA time_scale: 1")
    observation, info = gym.reset(options={"forecast": True})
    assert (info["x"], info["y"], len(observation["tt"])) == (7, 5, 5)
    past = gym.past()
    assert past["time"].tolist() == [0, 1, 3, 4, 7]
    np.testing.assert_array_equal(past["value"], [[1], [2], [np.nan], [4], [5]])
    assert (past["names"], past["time_name"]) == (("y",), "day")
    observation, info = gym.look_ahead()
    assert (info["x"], observation["x"][-1, 0]) == (8.5, 5)


def test_a_curve_without_end_is_forecast_from_where_it_starts(make_gym):
    gym = make_gym("start: 1 random_start: true")
    assert gym.reset(seed=3, options={"forecast": True})[1]["index"] == 0
    assert gym.past()["value"].tolist() == [[math.sin(gym.past()["time"][0])]]


def test_beyond_a_file_without_times_x_goes_on_by_step(make_csv_gym):
    gym = started(make_csv_gym("y\n1\n2\n3\n", "step: 0.25"), 2)
    _, infos = look_ahead(gym, [0, 0])
    assert [info["x"] for info in infos] == [0.75, 1]


def test_a_step_needs_a_reset_after_looking_ahead(make_gym):
    gym = started(make_gym(), 3)
    state = gym.state()
    gym.look_ahead(1.0)
    with pytest.raises(ConfigError, match="step.. after look_ahead..; call reset"):
        gym.step()
    gym.load_state(state)
    assert gym.step()[-1]["index"] == 4
    gym.look_ahead()
    gym.reset()
    assert gym.step()[-1]["index"] == 1


def test_looking_ahead_before_reset_says_what_to_do(make_gym):
    with pytest.raises(ConfigError, match="look_ahead.. before reset"):
        make_gym().look_ahead()


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (math.nan, "the prediction is nan; expected a finite number to continue from"),
        (np.array([math.inf]), "the prediction is inf; expected a finite number"),
        (np.zeros(2), "shape .2,.; expected one number"),
    ],
)
def test_predictions_that_lead_nowhere_are_refused(make_gym, prediction, message):
    gym = started(make_gym(), 3)
    with pytest.raises(DataError, match=message):
        gym.look_ahead(prediction)


@pytest.mark.parametrize(
    "text",
    [
        "input: Y",
        "curve: COS step: 0.1 x_limit: 1 history: 3",
        "curve: RANDOM input: X_AND_Y random_start: true noise: 0.1 drop_ratio: 0.3 jitter: 0.5",
    ],
)
def test_contract(registry, text):
    check_gym(f'type: "Curve" curve_param {{ {text} }}', registry=registry, steps=20)


def test_contract_at_the_end_of_a_file(registry, tmp_path):
    (tmp_path / "data.csv").write_text(CSV)
    text = 'type: "Curve" curve_param { curve: CSV_FILE csv_file: "data.csv" csv_column: "y" input: Y }'
    check_gym(text, registry=registry, steps=20, base_dir=tmp_path)


def test_the_state_stays_json_where_nothing_is_known(make_gym):
    gym = started(make_gym("curve: RANDOM"), 2)
    gym.look_ahead(0.5)
    state = gym.state()
    plain = {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
    json.dumps(plain, allow_nan=False)


def test_a_gym_that_does_not_look_ahead_says_so():
    with pytest.raises(ConfigError, match="cannot look ahead"):
        Gym(None).look_ahead()


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_picture_has_the_future_in_a_colour_of_its_own(make_gym):
    gym = make_gym("input: Y")
    _, info = gym.reset()
    for _ in range(20):
        *_, info = gym.step(info["y"] + 0.001)
    for _ in range(30):
        _, info = gym.look_ahead(info["y"] + 0.01)
    points = gym.curve_points()
    assert points["ahead"].tolist() == [0] * 21 + [1] * 30
    figure = Figure()
    gym.draw(figure)
    upper, lower = figure.axes
    assert upper.get_title(loc="left") == (
        "Curve SIN: mean absolute error 0.001429, 95% of 21 within 0.005; 0.01 over 29 ahead"
    )
    assert legend(upper) == ["target", "prediction", "prediction ahead"]
    assert legend(lower)[1:] == ["prediction - target", "prediction ahead - target"]
    target, seen, ahead = upper.lines
    assert np.isfinite(target.get_ydata()).all()
    assert len({line.get_color() for line in upper.lines}) == 3
    # The lines meet in the last point that was not looked ahead to.
    assert np.flatnonzero(np.isfinite(seen.get_ydata())).tolist() == list(range(21))
    assert np.flatnonzero(np.isfinite(ahead.get_ydata())).tolist() == list(range(20, 50))


def test_the_picture_of_an_unknown_future(make_gym):
    gym = started(make_gym("curve: RANDOM"), 10)
    look_ahead(gym, np.linspace(0, 1, 5))
    figure = Figure()
    gym.draw(figure)
    target, _, ahead = figure.axes[0].lines
    assert np.isfinite(target.get_ydata()).tolist() == [True] * 11 + [False] * 5
    assert np.isfinite(ahead.get_ydata()).sum() == 5
