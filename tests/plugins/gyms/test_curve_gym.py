"""The Curve gym's numbers against closed forms, and its contract."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError, SnapshotError
from mycaffe_py.testing.gyms import check_gym

DEGREE = 2 * math.pi / 360


def run(gym, steps, action=None):
    """Return copies of the arrays after ``steps`` steps from a reset."""
    observation, _ = gym.reset()
    for _ in range(steps):
        observation, *_ = gym.step(action)
    return {name: values.copy() for name, values in observation.items()}


def test_defaults_are_mycaffes_sine(make_gym):
    observation = run(make_gym(), 400)
    x = np.arange(401) * DEGREE
    assert {name: values.shape for name, values in observation.items()} == {
        "x": (401, 1),
        "tt": (401,),
        "mask": (401, 1),
        "target": (401, 1),
    }
    assert all(values.dtype == np.float64 for values in observation.values())
    np.testing.assert_allclose(observation["x"][:, 0], x, rtol=1e-12)
    np.testing.assert_allclose(observation["tt"], x / 360, rtol=1e-12)
    np.testing.assert_allclose(observation["target"][:, 0], np.sin(x), atol=1e-12)
    assert (observation["mask"] == 1).all()


def test_cosine(make_gym):
    observation = run(make_gym("curve: COS"), 90)
    np.testing.assert_allclose(observation["target"], np.cos(observation["x"]), rtol=1e-14)


def test_random_walk_stays_within_one_and_moves_by_random_step_at_most(make_gym):
    walk = run(make_gym("curve: RANDOM random_step: 0.5", seed=3), 450)["target"][:, 0]
    assert walk[0] == 0
    assert np.abs(walk).max() == 1
    assert 0.4 < np.abs(np.diff(walk)).max() <= 0.5
    other = run(make_gym("curve: RANDOM random_step: 0.5", seed=4), 450)["target"][:, 0]
    assert not np.array_equal(walk, other)


def test_x_and_time_start_again_past_360(make_gym):
    gym = make_gym()
    gym.reset()
    last = math.floor(360 / DEGREE)
    for _ in range(last):
        *_, info = gym.step()
    assert info["index"] == last
    assert info["x"] == pytest.approx(last * DEGREE)
    observation, _, terminated, truncated, info = gym.step()
    assert (info["x"], info["time"], info["y"]) == (0, 0, 0)
    assert (terminated, truncated) == (False, False)
    assert observation["x"][-2, 0] > 359.9
    *_, info = gym.step()
    assert info["x"] == DEGREE


def test_x_limit_zero_means_never(make_gym):
    observation = run(make_gym("x_limit: 0 step: 100"), 9)
    np.testing.assert_allclose(observation["x"][:, 0], 100.0 * np.arange(10))


@pytest.mark.parametrize(("text", "most"), [("", 500), ("history: 7", 7), ("history: 1", 1)])
def test_history_is_capped_and_keeps_the_latest_points(make_gym, text, most):
    gym = make_gym(text)
    observation, _ = gym.reset()
    for index in range(1, 2 * most + 5):
        observation, *_ = gym.step()
        count = min(most, index + 1)
        assert len(observation["tt"]) == count
        expected = np.arange(index + 1 - count, index + 1) * DEGREE
        np.testing.assert_allclose(observation["x"][:, 0], expected, rtol=1e-11)
        np.testing.assert_allclose(observation["target"], np.sin(observation["x"]), atol=1e-14)


def test_reset_returns_the_first_point_only(make_gym):
    gym = make_gym()
    run(gym, 10)
    observation, info = gym.reset()
    assert observation["x"].tolist() == [[0.0]]
    assert info == {"x": 0.0, "y": 0.0, "time": 0.0, "index": 0, "observed": True}


def test_reward_belongs_to_the_point_that_was_predicted(make_gym):
    gym = make_gym("curve: COS")
    gym.reset()
    _, reward, *_ = gym.step(0.75)
    assert reward == 0.75
    _, reward, *_ = gym.step(np.array([[math.cos(DEGREE)]]))
    assert reward == 1
    assert gym.step()[1] == 0.0
    assert gym.step(100)[1] == -1.0
    assert gym.step(float("nan"))[1] == -1.0
    assert gym.step(-math.inf)[1] == -1.0
    prediction = gym.curve_points()["prediction"]
    np.testing.assert_array_equal(prediction[:4], [0.75, math.cos(DEGREE), np.nan, 100])
    assert np.isnan(prediction[-1])


@pytest.mark.parametrize("action", [np.zeros(2), "up", [1, 2]])
def test_a_prediction_that_is_not_one_number_is_refused(make_gym, action):
    gym = make_gym()
    gym.reset()
    with pytest.raises(DataError, match="expected one number for the latest point"):
        gym.step(action)


def test_step_before_reset_says_what_to_do(make_gym):
    with pytest.raises(ConfigError, match="before reset"):
        make_gym().step()


def test_start_and_random_start(make_gym):
    assert make_gym("start: -1.5").reset()[1]["x"] == -1.5
    gym = make_gym("start: 10 random_start: true")
    phases = [gym.reset()[1]["x"] for _ in range(50)]
    assert len(set(phases)) == 50
    assert 10 <= min(phases) < 11
    assert 15 < max(phases) < 10 + 2 * math.pi
    info = gym.reset()[1]
    assert info["y"] == math.sin(info["x"])


def test_x_wrap_wraps_the_input_and_nothing_else(make_gym):
    observation = run(make_gym("x_wrap: true step: 1"), 20)
    x = np.arange(21.0)
    np.testing.assert_allclose(observation["x"][:, 0], x % (2 * math.pi))
    np.testing.assert_allclose(observation["tt"], x / 360)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time: ABSOLUTE time_scale: 2", [0, 1, 2, 0, 1]),
        ("time: DELTA time_scale: 2", [1, 1, 1, 1, 1]),
        ("time: UNIT", [1, 1, 1, 1, 1]),
    ],
)
def test_time(make_gym, text, expected):
    observation = run(make_gym(f"step: 0.5 x_limit: 1.2 {text}"), 4)
    np.testing.assert_allclose(observation["tt"], expected)


def test_jitter_varies_the_steps_within_its_bounds(make_gym):
    observation = run(make_gym("jitter: 0.5 step: 0.1 time: DELTA time_scale: 1 x_limit: 0"), 499)
    steps = np.diff(observation["x"][:, 0])
    assert 0.05 <= steps.min() < 0.06
    assert 0.14 < steps.max() <= 0.15
    np.testing.assert_allclose(observation["tt"][1:], steps, rtol=1e-9)
    assert observation["tt"][0] == 0.1
    np.testing.assert_allclose(observation["target"], np.sin(observation["x"]))


def test_dropped_points_are_masked_and_all_else_goes_on(make_gym):
    gym = make_gym("drop_ratio: 0.3")
    observation = run(gym, 499)
    assert set(np.unique(observation["mask"])) == {0, 1}
    assert 0.2 < np.mean(observation["mask"] == 0) < 0.4
    np.testing.assert_allclose(observation["x"][:, 0], np.arange(500) * DEGREE, rtol=1e-11)
    np.testing.assert_allclose(observation["target"], np.sin(observation["x"]), atol=1e-14)
    np.testing.assert_array_equal(gym.curve_points()["mask"], observation["mask"][:, 0])


def test_input_y_is_y_of_the_point_before(make_gym):
    observation = run(make_gym("input: Y"), 50)
    np.testing.assert_array_equal(observation["x"][1:], observation["target"][:-1])
    assert observation["x"][0] == 0
    np.testing.assert_array_equal(observation["mask"][:, 0], [0] + [1] * 50)


def test_an_unseen_y_is_masked_one_point_later_and_repeats_the_last_one(make_gym):
    gym = make_gym("input: Y drop_ratio: 0.5 start: 0.3")
    observation = run(gym, 100)
    seen = gym.curve_points()["mask"]
    np.testing.assert_array_equal(observation["mask"][1:, 0], seen[:-1])
    value = 0.0
    for index in range(100):
        if seen[index]:
            value = observation["target"][index, 0]
        assert observation["x"][index + 1, 0] == value


def test_x_and_y_are_two_columns(make_gym):
    gym = make_gym("input: X_AND_Y drop_ratio: 0.2")
    observation = run(gym, 60)
    assert observation["x"].shape == observation["mask"].shape == (61, 2)
    np.testing.assert_allclose(observation["x"][:, 0], np.arange(61) * DEGREE)
    seen = gym.curve_points()["mask"]
    np.testing.assert_array_equal(observation["mask"][:, 0], seen)
    np.testing.assert_array_equal(observation["mask"][1:, 1], seen[:-1])


def test_noise_is_in_the_inputs_and_not_in_the_targets(make_gym):
    observation = run(make_gym("input: X_AND_Y noise: 0.1"), 499)
    np.testing.assert_allclose(observation["target"][:, 0], np.sin(observation["x"][:, 0]))
    noise = observation["x"][1:, 1] - observation["target"][:-1, 0]
    assert noise.std() == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step: 0", "curve_param.step is 0; allowed: above 0"),
        ("step: -0.5", "curve_param.step is -0.5; allowed: above 0"),
        ("step: inf", "curve_param.step is inf"),
        ("step: 400", "curve_param.step is 400; allowed: up to curve_param.x_limit 360"),
        ("history: 0", "curve_param.history is 0; allowed: 1 to 100000"),
        ("history: -3", "curve_param.history is -3"),
        ("history: 100001", "curve_param.history is 100001"),
        ("start: nan", "curve_param.start is nan; allowed: any finite number"),
        ("start: 361", "curve_param.start is 361, which can lead past curve_param.x_limit 360"),
        ("start: 355 random_start: true", "curve_param.start is 355"),
        ("x_limit: -1", "curve_param.x_limit is -1; allowed: 0 (never) or more"),
        ("time_scale: 0", "curve_param.time_scale is 0; allowed: above 0"),
        ("jitter: 1.5", "curve_param.jitter is 1.5; allowed: 0 to 1"),
        ("jitter: -0.1", "curve_param.jitter is -0.1"),
        ("drop_ratio: 1", "curve_param.drop_ratio is 1; allowed: 0 to below 1"),
        ("drop_ratio: -1", "curve_param.drop_ratio is -1"),
        ("noise: -1 input: Y", "curve_param.noise is -1; allowed: 0 or more"),
        ("noise: 0.1", "curve_param.noise has no effect with input: X"),
        (
            "curve: RANDOM random_step: 0",
            "curve_param.random_step is 0; allowed: above 0, at most 2",
        ),
        ("curve: RANDOM random_step: 3", "curve_param.random_step is 3"),
        (
            "curve: CSV_FILE csv_scale: 0",
            "curve_param.csv_scale is 0; allowed: any finite number except 0",
        ),
        ("curve: CSV_FILE csv_offset: inf", "curve_param.csv_offset is inf"),
        ("curve: CSV_FILE", "curve_param.csv_file is empty"),
        (
            'curve: CSV_FILE csv_file: "a" jitter: 0.1',
            "curve_param.jitter has no effect with curve: CSV_FILE",
        ),
        (
            'curve: CSV_FILE csv_file: "a" csv_time_format: "%Y"',
            "csv_time_format has no effect without csv_time_column",
        ),
    ],
)
def test_bad_settings_name_field_value_and_range(make_gym, text, message):
    with pytest.raises(ConfigError) as raised:
        make_gym(text)
    assert message in str(raised.value)


ALL_RANDOM = "jitter: 0.5 drop_ratio: 0.3 noise: 0.1 input: X_AND_Y random_start: true"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "curve: COS step: 0.1 x_limit: 1",
        "curve: RANDOM history: 5 input: Y",
        ALL_RANDOM + " time: DELTA",
        ALL_RANDOM + " curve: RANDOM history: 9 x_wrap: true time: UNIT",
    ],
)
def test_contract(registry, text):
    check_gym(f'type: "Curve" curve_param {{ {text} }}', registry=registry, steps=30)


def test_reset_without_seed_goes_on_with_the_generator_in_use(make_gym):
    gym = make_gym("random_start: true", seed=5)
    first, second = gym.reset()[1]["x"], gym.reset()[1]["x"]
    assert first != second
    assert gym.reset(seed=5)[1]["x"] == first
    assert gym.reset()[1]["x"] == second


def test_a_restored_gym_continues_bit_for_bit_with_its_predictions(make_gym):
    text = ALL_RANDOM + " curve: RANDOM history: 20"
    gym = make_gym(text, seed=1)
    gym.reset()
    for index in range(33):
        gym.step(index / 50)
    state = gym.state()
    plain = {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
    restored = make_gym(text, seed=99)
    restored.load_state({**state, **json.loads(json.dumps(plain, allow_nan=False))})
    for index in range(30):
        expected, got = gym.step(index / 40), restored.step(index / 40)
        for name in expected[0]:
            np.testing.assert_array_equal(got[0][name], expected[0][name])
        assert got[1:] == expected[1:]
        for name, values in gym.curve_points().items():
            np.testing.assert_array_equal(restored.curve_points()[name], values)
    assert restored.reset()[1] == gym.reset()[1]


def test_a_state_of_other_settings_is_refused(make_gym):
    gym = make_gym("history: 9")
    run(gym, 20)
    state = gym.state()
    with pytest.raises(SnapshotError, match="history_x has shape .*curve_param.history"):
        make_gym("history: 8").load_state(state)
    with pytest.raises(SnapshotError, match="with these settings it is .*9, 2"):
        make_gym("history: 9 input: X_AND_Y").load_state(state)
    del state["position"]
    with pytest.raises(SnapshotError, match="'position' is missing"):
        make_gym("history: 9").load_state(state)


def test_mycaffe_properties_name_fields_that_exist(registry):
    gym_class = registry.gyms.find("CurveGym")
    fields = registry.schema.message_class("CurveParameter").DESCRIPTOR.fields_by_name
    targets = [path for path in gym_class.mycaffe_properties.values() if path]
    assert gym_class.mycaffe_properties["CurveType"] == "curve_param.curve"
    assert all(path.removeprefix("curve_param.") in fields for path in targets)
    assert len(targets) == 5


def test_every_field_and_value_is_documented(registry):
    described = registry.schema.describe("CurveParameter")
    assert described.doc
    for field in described.fields:
        assert field.doc, field.name
        assert all(value.doc for value in field.enum_values), field.name


def test_reset_may_ask_for_a_random_start(make_gym):
    gym = make_gym("start: 1")
    gym.reset(seed=4)
    assert gym.reset(seed=4)[1]["x"] == 1
    x = gym.reset(seed=4, options={"random_start": True})[1]["x"]
    assert 1 < x < 1 + 2 * math.pi
    fixed = make_gym("start: 1 random_start: true")
    assert fixed.reset(seed=4, options={"random_start": False})[1]["x"] == 1
