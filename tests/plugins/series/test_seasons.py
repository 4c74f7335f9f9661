"""Seasons found in synthetic series of known ones, and in none."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series.seasons import DAY, WEEK, YEAR, is_regular, seasons_of

RNG = np.random.default_rng(17)


def wave(times, period, size=1.0):
    """Return a shape of this period that is no plain sinus."""
    angle = 2 * np.pi * times / period
    return size * (np.sin(angle) + 0.5 * np.cos(2 * angle))


def noise(times, size):
    return size * RNG.normal(size=len(times))


HOURS, DAYS = np.arange(24 * 60) / 24, np.arange(700.0)
MONTHS = np.arange(144) * YEAR / 12
BUSINESS = DAYS[DAYS % 7 < 5]
UNEVEN = np.cumsum(np.repeat([0.5, 2.0, 0.5, 2.0], 150) * RNG.uniform(0.8, 1.2, 600))
JUMP = np.where(DAYS == 300, 500.0, 0.0)

CASES = {
    "weekly": (DAYS, wave(DAYS, 7) + noise(DAYS, 0.5), True, [WEEK]),
    "weekly and trend": (DAYS, wave(DAYS, 7) + DAYS**1.5 / 100, True, [WEEK]),
    "weekly with an outlier": (DAYS, wave(DAYS, 7) + noise(DAYS, 0.3) + JUMP, True, [WEEK]),
    "weekly on business days": (BUSINESS, wave(BUSINESS, 7), True, [WEEK]),
    "daily": (HOURS, wave(HOURS, 1) + noise(HOURS, 0.3), True, [DAY]),
    "daily and weekly": (
        HOURS,
        wave(HOURS, 1) * (1.5 + wave(HOURS, 7, 0.6)) + noise(HOURS, 0.1),
        True,
        [WEEK, DAY],
    ),
    "yearly by months": (MONTHS, wave(MONTHS, YEAR) + noise(MONTHS, 0.3), True, [YEAR]),
    "ten rows": (DAYS, wave(DAYS, 10) + noise(DAYS, 0.5), False, [10]),
    "ten rows of numbers by 5": (5 * DAYS, wave(DAYS, 10) + noise(DAYS, 0.3), False, [50]),
    "irregular": (UNEVEN, wave(UNEVEN, 12) + noise(UNEVEN, 0.1), False, [12]),
    "a walk": (DAYS, noise(DAYS, 1).cumsum(), False, []),
    "noise": (DAYS, noise(DAYS, 1), True, []),
    "constant": (DAYS, np.ones(700), True, []),
    "a line": (DAYS, DAYS, True, []),
    "too few rows": (DAYS[:12], wave(DAYS[:12], 4), False, []),
    "less than two seasons": (DAYS[:13], wave(DAYS[:13], 8), False, []),
}


@pytest.mark.parametrize("name", CASES)
def test_seasons_of_a_series(name):
    times, values, dates, expected = CASES[name]
    found = seasons_of(times, values[:, None], dates)
    assert sorted(found) == pytest.approx(sorted(expected), rel=0.05)


def test_the_clearest_season_comes_first():
    values = wave(HOURS, 1, 0.3) + wave(HOURS, 7) * np.sign(wave(HOURS, 1)) + noise(HOURS, 0.05)
    found = seasons_of(HOURS, values[:, None], True)
    assert found[0] == WEEK


def test_a_level_shift_of_all_values_changes_nothing():
    values = (wave(DAYS, 7) + noise(DAYS, 0.5))[:, None]
    assert seasons_of(DAYS, values + 2.0**20, True) == seasons_of(DAYS, 8 * values, True) == [WEEK]


def test_months_are_regular_and_random_times_are_not():
    months = np.diff(np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]))
    assert is_regular(months)
    assert not is_regular(RNG.exponential(1.0, 200))
    assert not is_regular(np.zeros(5))
