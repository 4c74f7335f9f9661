"""Windows of series: rows to test on, steps, statistics, and the layout of contexts and queries."""

from __future__ import annotations

import numpy as np
import pytest

GAPS = np.where(np.arange(40) % 7 < 3, np.nan, np.arange(40.0) ** 1.5)


@pytest.mark.parametrize("settings", ["horizon: 3", "horizon: 2 least_horizon: 2", "horizon: 30"])
def test_rows_to_test_on_are_those_with_a_complete_row_ahead(make_samples, settings):
    series = np.repeat([0, 1], 20)
    windows = make_samples(GAPS, f"window: 4 train_share: 0.6 {settings}", series=series).windows
    nearest, farthest = windows.param.least_horizon, windows.param.horizon
    expected = []
    for begin, end in ((0, 20), (20, 40)):
        seen = [row for row in range(begin, end) if np.isfinite(GAPS[row])]
        split = begin + int((seen[-1] + 1 - begin) * 0.6)
        for row in range(max(split - 1, seen[0]), end):
            if any(nearest <= target - row <= farthest for target in seen):
                expected.append(row)
    assert windows.test_origins.tolist() == expected


def test_steps_between_two_series_do_not_count(make_samples):
    windows = make_samples(np.arange(4.0), times=[0, 100, 102, 104], series=[0, 1, 1, 1]).windows
    assert windows.unit == 2


def test_a_context_never_reaches_into_the_series_before(make_samples):
    windows = make_samples(np.arange(1.0, 11), "window: 4", series=np.repeat([0, 1], 5)).windows
    seen = windows.observe(6, 2.0)
    assert seen["x"][:, 0].tolist() == [0, 0, 6, 7, 0]
    assert seen["mask"][:, 0].tolist() == [0, 0, 1, 1, 0]
    assert seen["tt"].tolist() == [0, 0, 0, 1, 1]


def test_a_value_that_is_never_observed_takes_none_of_another_series(make_samples):
    values = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 7.0], [4.0, 8.0]])
    windows = make_samples(values, series=[0, 0, 1, 1]).windows
    assert windows.filled[:2, 1].tolist() == [0, 0]
    assert windows.first[0] >= windows.ends[0] and windows.first[1] == 2


def test_known_inputs_of_the_query_are_shown(make_series):
    text = "t,a,k\n0,1,5\n1,2,6\n2,,7\n3,,\n"
    windows = make_series(text, 'window: 2 known_input_column: "k" train_share: 1').windows
    seen = windows.observe(1, 2.0, known=np.array([7.0]))
    assert seen["x"].tolist() == [[1, 5, 0], [2, 6, 0], [0, 7, 1]]
    assert seen["mask"].tolist() == [[1, 1, 1], [1, 1, 1], [0, 1, 1]]
    assert windows.observe(2, 3.0, known=np.array([np.nan]))["mask"][-1].tolist() == [0, 0, 1]


def test_windows_that_go_on_keep_their_unit(make_samples):
    windows = make_samples(np.arange(20.0), "window: 3", times=np.arange(20) * 4.0).windows
    longer = windows.continued(19, np.array([77.0]), np.array([[5.0]]))
    assert longer.unit == 4
    assert longer.observe(2, 78.0)["x"][:, 0].tolist() == [18, 19, 5, 0]


def test_the_relative_deviation_is_over_all_pairs_of_the_training_part(make_samples):
    series = np.repeat([0, 1], 20)
    settings = "window: 3 horizon: 2 train_share: 0.5"
    windows = make_samples(GAPS, settings, series=series).windows
    squares = []
    for begin, end in ((0, int(windows.train_ends[0])), (20, int(windows.train_ends[1]))):
        seen = [row for row in range(begin, end) if np.isfinite(GAPS[row])]
        for row in range(seen[0], end):
            last = GAPS[max(other for other in seen if other <= row)]
            ahead = (row - 2, row - 1, row + 1, row + 2)
            squares += [(GAPS[other] - last) ** 2 for other in ahead if other in seen]
    found = windows.statistics["relative_deviation"][0]
    assert found == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-12)
