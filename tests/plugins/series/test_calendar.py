"""Columns of the calendar: phases of periods, hour, weekday and month."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError

DATES = "t,a\n2024-01-01 00:00,1\n2024-01-01 06:00,2\n2024-02-07 12:00,3\n2024-07-06 18:00,4\n"


def test_sine_and_cosine_of_hour_weekday_and_month(make_series):
    windows = make_series(DATES, "window: 1 calendar: true").windows
    hours, weekdays, months = (
        np.array([0, 6, 12, 18]),
        np.array([0, 0, 2, 5]),
        np.array([0, 0, 1, 6]),
    )
    found = windows.moments
    for place, (values, length) in enumerate([(hours, 24), (weekdays, 7), (months, 12)]):
        angles = 2 * np.pi * values / length
        own = found[:, 2 * place : 2 * place + 2]
        turn = np.arctan2(own[:, 0], own[:, 1]) - angles
        # A field may count from 0 or 1, or go on within its unit: the steps between rows count.
        np.testing.assert_allclose((own**2).sum(axis=1), 1)
        steps = (np.diff(turn) + np.pi) % (2 * np.pi) - np.pi
        assert np.abs(steps).max() < 2 * np.pi / length


def test_phases_of_periods_come_first(make_series):
    windows = make_series(DATES, "window: 1 calendar: true period: 1").windows
    np.testing.assert_allclose(
        windows.moments[:, :2], [[0, 1], [1, 0], [0, -1], [-1, 0]], atol=1e-9
    )
    assert windows.calendar.width == windows.moments.shape[1] == 8


def test_numbers_have_no_calendar(make_series):
    with pytest.raises(ConfigError, match="calendar needs dates"):
        make_series("t,a\n0,1\n1,2\n", "window: 1 calendar: true")
