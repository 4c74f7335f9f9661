"""The Series gym looks ahead: known rows, times after the end, predictions fed back."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError

ROWS = "day,a\n" + "".join(f"2001-01-{day:02d},{day}\n" for day in range(1, 21))
FORECAST = {"forecast": True}


def ahead(gym, predictions, **options):
    """Look ahead, answering with these predictions; return the observations and infos."""
    gym.reset(options={**FORECAST, **options})
    found = [gym.look_ahead(None)]
    found += [gym.look_ahead([prediction]) for prediction in predictions]
    return found


def text_of(gym, info):
    return gym.windows.series.clock.text(info["time"])


def test_beyond_the_last_row_nothing_is_known(make_series):
    gym = make_series(ROWS, "window: 3 horizon: 4")
    found = ahead(gym, [0.5, 0.6])
    assert [text_of(gym, info) for _, info in found] == ["2001-01-21", "2001-01-22", "2001-01-23"]
    assert all(np.isnan(info["target"]).all() for _, info in found)
    # Up to the horizon the context stays, and the query moves away from it.
    assert [seen["tt"].tolist() for seen, _ in found] == [[0, 1, 1, k] for k in (1, 2, 3)]
    assert all(seen["x"][:3, 0].tolist() == [18, 19, 20] for seen, _ in found)
    assert [seen["x"][-1, 1] for seen, _ in found] == [0.25, 0.5, 0.75]
    assert all(np.isfinite(seen["target"]).all() for seen, _ in found)


def test_beyond_the_horizon_predictions_are_the_latest_rows(make_series):
    gym = make_series(ROWS, "window: 3 horizon: 2")
    found = ahead(gym, [30.0, 31.0, 32.0, 33.0])
    contexts = [seen["x"][:3, 0].tolist() for seen, _ in found]
    assert contexts == [[18, 19, 20]] * 2 + [[20, 30, 31]] * 2 + [[31, 32, 33]]
    assert [seen["tt"][-1] for seen, _ in found] == [1, 2, 1, 2, 1]


def test_without_a_prediction_it_is_what_it_really_was(make_series):
    gym = make_series(ROWS, "window: 2 horizon: 1")
    gym.reset(options={**FORECAST, "start": "2001-01-18"})
    contexts = [gym.look_ahead(None)[0] for _ in range(4)]
    assert [seen["x"][:2, 0].tolist() for seen in contexts] == [
        [17, 18],
        [18, 19],
        [19, 20],
        [20, 0],
    ]
    assert contexts[-1]["mask"][:2, 0].tolist() == [1, 0]  # nobody knows what came on the 21st


def test_from_an_earlier_row_the_truth_is_told_and_not_shown(make_series):
    gym = make_series(ROWS, "window: 3 horizon: 9")
    found = ahead(gym, [0.0] * 4, start="2001-01-17")
    assert [info["target"].tolist() for _, info in found][:3] == [[18.0], [19.0], [20.0]]
    assert np.isnan(found[3][1]["target"]).all()
    assert all(seen["x"][:3, 0].tolist() == [15, 16, 17] for seen, _ in found)


def test_a_start_between_rows_is_the_row_before(make_series):
    gym = make_series("t,a\n0,1\n2,2\n4,3\n", "window: 2")
    assert gym.reset(options={"start": 3.5})[1]["row"] == 1
    assert gym.past()["time"].tolist() == [0, 2]


def test_a_start_that_is_no_time_or_before_all(make_series):
    gym = make_series(ROWS, "window: 2")
    with pytest.raises(ConfigError, match='start "soon" does not match the time format') as caught:
        gym.reset(options={"start": "soon"})
    assert "the last time in the file is 2001-01-20" in caught.value.hint
    with pytest.raises(ConfigError, match='start "2000-12-31" is before the first row, 2001-01-01'):
        gym.reset(options={"start": "2000-12-31"})


def test_what_came_before(make_series):
    gym = make_series(ROWS, "window: 2")
    gym.reset(options=FORECAST)
    past = gym.past()
    assert past["value"].ravel().tolist() == list(range(1, 21))
    assert (past["names"], past["time_name"], past["dates"]) == (("a",), "day", True)
    assert past["time_text"](past["time"][0]) == "2001-01-01"


def test_it_looks_ahead_from_a_query_of_training_too(make_series):
    gym = make_series(ROWS, "window: 2 horizon: 3 least_horizon: 3")
    _, info = gym.reset(seed=4)
    first = info["row"] + 1
    seen, later = gym.look_ahead([50.0])
    assert later["time"] == info["time"] + 1
    # The third row ahead is the prediction, the two before it are known.
    assert seen["x"][:2, 0].tolist() == [first + 2, 50.0] and seen["tt"][-1] == 1.0


def test_wrong_calls(make_series):
    gym = make_series(ROWS, "window: 2")
    with pytest.raises(ConfigError, match="before reset"):
        gym.look_ahead(None)
    gym.reset(options=FORECAST)
    with pytest.raises(ConfigError, match="step.. after look_ahead..; call reset"):
        gym.step(None)
    gym.look_ahead(None)
    with pytest.raises(DataError, match="expected 1 numbers"):
        gym.look_ahead([1.0, 2.0])


def test_a_forecast_goes_on_from_its_state(make_series):
    gym, other = (make_series(ROWS, "window: 3 horizon: 2", seed=seed) for seed in (1, 2))
    ahead(gym, [30.0, 31.0, 32.0])
    other.load_state(gym.state())
    first, second = (each.look_ahead([7.0]) for each in (gym, other))
    for role, values in first[0].items():
        np.testing.assert_array_equal(second[0][role], values)
    assert second[1]["time"] == first[1]["time"]


def test_two_rows_of_one_value_go_on(make_series):
    gym = make_series("t,a\n0,5\n1,5\n", "window: 8 period: 3")
    for seen, _ in ahead(gym, [5.0] * 30):
        assert all(np.isfinite(values).all() for values in seen.values())


def test_a_gap_longer_than_the_context_keeps_the_last_value(make_series):
    gym = make_series("t,a\n0,7\n1,8\n" + "".join(f"{row},\n" for row in range(2, 9)), "window: 3")
    (seen, _), *_ = ahead(gym, [], start="8")
    assert seen["x"][:, 0].tolist() == [8, 0, 0, 0] and seen["mask"][:, 0].tolist() == [1, 0, 0, 0]
    assert seen["tt"].tolist() == [0, 6, 1, 1]


def test_another_file_goes_on_in_the_unit_that_was_learned(make_series):
    gym = make_series(ROWS, "window: 3")
    assert gym.param.series_param.time_unit == 1
    gym.param.series_param.time_unit = 7
    other = type(gym)(gym.param, base_dir=gym.base_dir)
    (seen, _), *_ = ahead(other, [])
    np.testing.assert_allclose(seen["tt"], [0, 1 / 7, 1 / 7, 1 / 7])


def test_a_long_forecast_one_row_at_a_time(make_series):
    gym = make_series(ROWS, "window: 3 horizon: 1")
    found = ahead(gym, np.arange(3000.0))
    assert found[-1][0]["x"][:3, 0].tolist() == [2997, 2998, 2999]
    assert text_of(gym, found[-1][1]) == "2009-04-09"
