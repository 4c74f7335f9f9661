"""Moments as whole microseconds since 1970-01-01 00:00, and as the days that nets see."""

from __future__ import annotations

import math
from datetime import MAXYEAR, date
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1).toordinal()
FIRST = (1 - _EPOCH) * DAY
"""The first microsecond of the year 1."""
END = (date(MAXYEAR, 12, 31).toordinal() + 1 - _EPOCH) * DAY
"""The end of the year 9999."""


def day_of(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date; ValueError if there is no such date."""
    return date(year, month, day).toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the date ``day`` days after 1970-01-01; ConfigError outside the years 1 to 9999."""
    if day * DAY >= END:
        raise too_late()
    if day * DAY < FIRST:
        raise ConfigError("a date before the year 1")
    return date.fromordinal(day + _EPOCH)


def to_days(moment: int) -> float:
    """Return microseconds as days, correctly rounded."""
    return moment / DAY


def from_days(days: float, unit: int = 1) -> int:
    """Return days as microseconds, rounded to a multiple of ``unit``."""
    whole = math.floor(days)
    moment = whole * DAY + round((days - whole) * DAY)
    return moment if unit == 1 else (moment + unit // 2) // unit * unit


def to_days_array(moments: np.ndarray) -> np.ndarray:
    """Return microseconds, (n,) int64, as days, float64; the same numbers as :func:`to_days`."""
    if moments.size and int(np.abs(moments).max()) >= 2**53:  # no float64 each, until 2255 all are
        return np.array([to_days(moment) for moment in moments.tolist()])
    return np.asarray(moments / DAY, dtype=np.float64)


def from_days_array(days: Any, unit: int = 1) -> np.ndarray:
    """Return days, (n,), as microseconds, int64, rounded to multiples of ``unit``."""
    days = np.asarray(days, dtype=np.float64)
    if days.size and not (np.abs(days) < 1e8).all():
        raise too_late()
    whole = np.floor(days)
    moments = whole.astype(np.int64) * DAY + np.rint((days - whole) * DAY).astype(np.int64)
    return moments if unit == 1 else (moments + unit // 2) // unit * unit


def too_late() -> ConfigError:
    """Return the error about a time that no calendar reaches."""
    return ConfigError(f"a date after the year {MAXYEAR}", hint="forecast fewer steps")
