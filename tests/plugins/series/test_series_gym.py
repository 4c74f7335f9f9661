"""The Series gym: what a net sees, what training and tests ask for, statistics, state."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError, SnapshotError
from mycaffe_py.testing.gyms import check_gym

# Irregular times, two quantities, gaps of several kinds.
ROWS = """t,a,b
0,1.0,10
1,2.0,
2,nan,12
4,4.0,13
8,5.0,NA
9,6.0,15
"""
LONG = "t,a\n" + "".join(f"{row},{row * row}\n" for row in range(40))


def columns(observation, role):
    return observation[role].T.tolist()


def test_a_context_and_a_query(make_series):
    gym = make_series(ROWS, "window: 3 horizon: 2 time_unit: 2")
    seen = gym.windows.observe(3, 8.0, np.array([5.0, 6.0]))
    a, b, ahead = columns(seen, "x")
    assert (a, b) == ([2.0, 0.0, 4.0, 0.0], [0.0, 12.0, 13.0, 0.0])
    assert ahead == [0.0, 0.0, 0.0, 1.0]  # 4 of horizon * time_unit
    assert columns(seen, "mask") == [[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 1, 1]]
    assert seen["tt"].tolist() == [0.0, 0.5, 1.0, 2.0]
    assert seen["target"].tolist() == [[2.0, 10.0], [2.0, 12.0], [4.0, 13.0], [5.0, 6.0]]


def test_an_early_row_is_filled_up_in_front(make_series):
    gym = make_series(ROWS, "window: 3 period: 4")
    seen = gym.windows.observe(0, 1.0)
    assert columns(seen, "x")[0] == [0.0, 0.0, 1.0, 0.0]
    assert seen["mask"][:2].sum() == 0 and seen["tt"].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_the_query_knows_the_phase_of_each_period(make_series):
    gym = make_series(ROWS, "window: 2 period: 4 period: 16")
    x = gym.windows.observe(3, 8.0)["x"]
    np.testing.assert_allclose(x[-1, 3:], [0, 1, 0, -1], atol=1e-12)
    np.testing.assert_allclose(x[-2, 3:], [0, 1, 1, 0], atol=1e-12)


def test_older_rows_may_be_thinned_out(make_series):
    gym = make_series(LONG, "window: 5 recent: 2 stride: 10")
    seen = gym.windows.observe(35, 36.0)
    assert columns(seen, "x")[0] == [16.0, 196.0, 576.0, 34.0**2, 35.0**2, 0.0]
    assert seen["tt"].tolist() == [0.0, 10.0, 10.0, 10.0, 1.0, 1.0]


def test_rows_that_fill_up_show_nothing(make_series):
    text = "t,a\n0,5\n1,\n2,\n3,\n4,\n5,\n"
    seen = make_series(text, "window: 4 recent: 2 stride: 3 time_unit: 1").windows.observe(3, 4.0)
    # Rows -4 and -1 are not there, 2 and 3 are gaps: row 0, which fills up as well, is the last one seen.
    assert columns(seen, "mask")[0] == [0, 1, 0, 0, 0] and columns(seen, "x")[0] == [0, 5, 0, 0, 0]
    assert seen["tt"].tolist() == [0, 0, 2, 1, 1]


def test_each_value_keeps_its_last_observation(make_series):
    text = "t,a,b\n0,1,2\n1,3,\n2,,\n3,,4\n4,,\n5,,\n6,,\n"
    windows = make_series(text, "window: 2 time_unit: 1").windows
    seen = windows.observe(
        4, 5.0
    )  # rows 3, where b was seen, and 4, which makes room for a's row 1
    assert columns(seen, "x")[:2] == [[3, 0, 0], [0, 4, 0]]
    assert seen["tt"].tolist() == [0, 2, 2]  # to the query from row 3, the last one shown
    assert columns(windows.observe(6, 7.0), "x")[:2] == [[3, 0, 0], [0, 4, 0]]


def test_the_unit_of_time_is_that_of_the_training_part(make_series):
    rows = [0, 1, 2, 3, 10, 20, 30, 40, 50]
    text = "t,a\n" + "".join(f"{row},1\n" for row in rows)
    assert make_series(text, "window: 2 train_share: 0.5").windows.unit == 1
    assert make_series(text, "window: 2 train_share: 0.1").windows.unit == 1


def test_inputs_are_seen_and_not_predicted(make_series):
    gym = make_series(ROWS, 'window: 2 value_column: "b" input_column: "a"')
    seen = gym.windows.observe(5, 10.0)
    assert columns(seen, "x")[:2] == [[0.0, 15.0, 0.0], [5.0, 6.0, 0.0]]
    assert seen["target"].shape == (3, 1)


def test_training_asks_for_complete_rows_of_its_part_alone(make_series):
    gym = make_series(LONG.replace("\n7,49", "\n7,"), "window: 4 horizon: 5 train_share: 0.5")
    gym.reset(seed=3)
    asked = set()
    for _ in range(400):
        *_, info = gym.step([0.0])
        asked.add((info["row"] + info["ahead"], info["ahead"]))
    assert {row for row, _ in asked} == set(range(1, 20)) - {7}
    assert {ahead for _, ahead in asked} == {1, 2, 3, 4, 5}


def test_a_horizon_longer_than_the_training_part_ends_with_it(make_series):
    text = LONG.replace("\n0,0", "\n0,").replace("\n1,1\n", "\n1,\n")  # known from row 2 on
    gym = make_series(text, "window: 4 horizon: 30 train_share: 0.5")
    infos = [gym.reset(seed=3)[1], *(gym.step([0.0])[-1] for _ in range(800))]
    assert {info["ahead"] for info in infos} == set(range(1, 18))
    assert {info["row"] for info in infos} == set(range(2, 19))
    assert {info["row"] + info["ahead"] for info in infos} == set(range(3, 20))


def test_tests_go_through_the_rest_row_by_row(make_series):
    gym = make_series(LONG.replace("\n30,900", "\n30,"), "window: 4 train_share: 0.5")
    _, info = gym.reset(options={"part": "test"})
    rows = [info["row"] + info["ahead"]]
    ended = False
    while not ended:
        _, reward, ended, _, info = gym.step(info["target"])
        rows.append(info["row"] + info["ahead"])
        assert reward == 1.0
    assert rows[:-1] == [row for row in range(20, 40) if row != 30]


def test_tests_may_start_anywhere(make_series):
    gym = make_series(LONG, "window: 4 train_share: 0.5")
    options = {"part": "test", "random_start": True}
    starts = {gym.reset(options=options)[1]["row"] for _ in range(200)}
    assert starts == set(range(19, 39))


def test_a_reward_counts_in_deviations(make_series):
    gym = make_series(LONG, "window: 2")
    _, info = gym.reset(seed=1)
    size = gym.statistics()["relative_deviation"][0]
    assert gym.step(info["target"] + size / 2)[1] == pytest.approx(0.5)
    assert gym.step([1e9])[1] == -1.0
    assert gym.step([np.nan])[1] == -1.0


def test_statistics_are_those_of_the_training_part(make_series):
    gym = make_series(ROWS, "window: 2 period: 5 train_share: 0.7")  # 4 rows
    found = gym.statistics()
    np.testing.assert_allclose(found["mean"], [7 / 3, 35 / 3, 0, 0, 0])
    np.testing.assert_allclose(found["deviation"][:2], [np.std([1, 2, 4]), np.std([10, 12, 13])])
    # From each row to the one before and the one after, where observed; gaps repeat the value before.
    np.testing.assert_allclose(found["relative_deviation"][0], np.sqrt(np.mean([1, 0, 1, 4])))
    assert found["deviation"][2:].tolist() == [1, 1, 1]


def test_a_column_that_does_not_vary_has_deviation_1(make_series):
    rows = "t,a\n" + "".join(f"{row},0.1\n" for row in range(20))
    found = make_series(rows, "window: 3").statistics()
    assert found["deviation"][0] == found["relative_deviation"][0] == 1.0


@pytest.mark.parametrize(
    "settings",
    ["window: 4 horizon: 3 period: 7", "window: 3 recent: 1 stride: 3 least_horizon: 2 horizon: 2"],
)
def test_it_keeps_the_contract_of_gyms(make_series, settings):
    check_gym(lambda seed: make_series(LONG, settings, seed=seed))


def test_the_answers_are_part_of_the_state(make_series):
    from matplotlib.figure import Figure

    gym, other = (make_series(LONG, "window: 2", seed=seed) for seed in (1, 2))
    _, info = gym.reset()
    for error in (1, 2, 6):
        *_, info = gym.step(info["target"] + error)
    other.load_state(gym.state())
    figure = Figure()
    other.draw(figure)
    assert figure.axes[0].get_title(loc="left") == "a: mean absolute error 3"
    np.testing.assert_array_equal(other.state()["answers"], gym.state()["answers"])
    errors = np.diff(other.state()["answers"][:, 1:], axis=1)[:, 0]
    np.testing.assert_allclose(errors, [1, 2, 6])


def test_the_state_of_another_file_is_refused(make_series):
    state = make_series(LONG, "window: 2").state()
    with pytest.raises(SnapshotError, match="the CSV file or the columns have changed"):
        make_series(ROWS, "window: 2").load_state(state)
    with pytest.raises(SnapshotError, match="made by a Series gym"):
        make_series(LONG, "window: 2").load_state({"rows": 40, "answers": np.zeros((0, 3))})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("window: 0", "series_param.window is 0; allowed: 1 to"),
        ("recent: -1 stride: 2", "series_param.recent is -1"),
        ("stride: 2", "series_param.stride is 2, but it applies to the rows before"),
        ("stride: 0", "series_param.stride is 0; allowed: 1 or more"),
        ("time_unit: -1", "series_param.time_unit is -1"),
        ("time_unit: nan", "series_param.time_unit is nan"),
        ("horizon: 0", "series_param.horizon is 0"),
        ("horizon: 2 least_horizon: 3", "series_param.least_horizon is 3, above"),
        ("train_share: 0", "series_param.train_share is 0; allowed: above 0, at most 1"),
        ("period: 0", "series_param.period is 0; allowed: above 0"),
        ("period: 1 " * 65, "series_param.period is given 65 times; allowed: at most 64"),
    ],
)
def test_settings_that_cannot_be_done(make_series, settings, words):
    with pytest.raises(ConfigError) as caught:
        make_series(LONG, settings)
    assert words in caught.value.message


def test_nothing_to_train_or_to_test_on(make_series):
    gym = make_series(LONG, "window: 2 horizon: 30 least_horizon: 30 train_share: 0.5")
    with pytest.raises(
        ConfigError, match="no row to learn from: the training part is 20 of the 40"
    ):
        gym.reset()
    gym = make_series(LONG, "window: 2 train_share: 1")
    with pytest.raises(ConfigError, match="no row to test on: training takes 40 of the 40 rows"):
        gym.reset(options={"part": "test"})


def test_two_rows_are_enough_to_train(make_series):
    gym = make_series("t,a\n0,1\n1,2\n", "window: 4 train_share: 1")
    observation, info = gym.reset(seed=1)
    assert info["target"].tolist() == [2.0] and np.isfinite(observation["x"]).all()


def test_a_wrong_prediction_and_steps_at_the_wrong_time(make_series):
    gym = make_series(ROWS, "window: 2")
    with pytest.raises(ConfigError, match="before reset"):
        gym.step(None)
    gym.reset()
    with pytest.raises(DataError, match="expected 2 numbers for the latest query"):
        gym.step([1.0])
    with pytest.raises(DataError, match="the prediction is 'x'"):
        gym.step("x")


def test_words_and_picture(make_series):
    from matplotlib.figure import Figure

    gym = make_series(ROWS, "window: 2 horizon: 3 train_share: 1", seed=1)
    assert gym.describe() == "Series data.csv: a, b 1 to 3 rows ahead, 6 of 6 rows for training"
    figure = Figure()
    gym.draw(figure)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["a", "b"]
    _, info = gym.reset()
    gym.step(info["target"] + 1)
    gym.draw(figure)
    assert figure.axes[1].get_title(loc="left") == "b: mean absolute error 1"


def test_a_last_value_between_the_rows_of_a_thinned_context_is_put_in(make_series):
    """Two quantities, last seen at rows 13 and 18, of which the context would show neither."""
    rows = [f"{row},{row if row == 13 else ''},{row if row == 18 else ''}" for row in range(24)]
    rows += ["24,1,1"]
    gym = make_series("t,a,b\n" + "\n".join(rows) + "\n", "window: 5 recent: 2 stride: 8")
    seen = gym.windows.observe(23, 24.0)
    assert columns(seen, "x")[:2] == [[13.0, 0, 0, 0, 0, 0], [0, 0, 18.0, 0, 0, 0]]
    assert columns(seen, "mask")[:2] == [[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]
    assert seen["tt"].tolist() == [0.0, 1.0, 4.0, 4.0, 1.0, 1.0]


def test_a_last_value_goes_behind_the_rows_that_fill_up_the_front(make_series):
    rows = [f"{row},{7 if row == 2 else ''}" for row in range(6)]
    gym = make_series("t,a\n" + "\n".join(rows) + "\n6,1\n", "window: 4 recent: 1 stride: 4")
    seen = gym.windows.observe(5, 6.0)
    assert columns(seen, "x")[0] == [0, 0, 7, 0, 0]
    assert columns(seen, "mask") == [[0, 0, 1, 0, 0], [0, 1, 1, 1, 1]]
    assert seen["tt"].tolist() == [0.0, 1.0, 1.0, 3.0, 1.0]


def test_labels_are_those_of_the_columns(make_series):
    gym = make_series("when,a,b\n2020-01-01,1,2\n2020-01-02,2,3\n2020-01-04,3,4\n", "window: 1")
    assert gym.sample_info() == {"names": ["a", "b"], "x_name": "when", "dates": True}
    assert make_series(ROWS, "window: 1").sample_info()["dates"] is False


@pytest.mark.parametrize(
    "setting", ["transform: LOG", "base: DRIFT", "members: 2", "log_floor: 0.1"]
)
def test_settings_of_the_trainer_series_are_refused_without_it(make_series, setting):
    gym = make_series(LONG, f"window: 4 {setting}")
    with pytest.raises(
        ConfigError, match=f"{setting.split(':')[0]} has an effect with the trainer"
    ):
        gym.reset()
