"""The settings of the Series gym, checked once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Ranges, check_ranges

MAX_ROWS = 100_000
AUTO, NONE, LOG = range(3)
BEST, LAST, SEASONAL, DRIFT, RIDGE = range(5)

_RANGES: Ranges = {
    "window": (lambda v: 1 <= v <= MAX_ROWS, f"1 to {MAX_ROWS}"),
    "recent": (lambda v: v >= 0, "0 (all of window) or more"),
    "stride": (lambda v: v >= 1, "1 or more"),
    "time_unit": (lambda v: v >= 0, "0 (the median step) or more"),
    "horizon": (lambda v: 1 <= v <= MAX_ROWS, f"1 to {MAX_ROWS}"),
    "least_horizon": (lambda v: v >= 1, "1 to horizon"),
    "members": (lambda v: 1 <= v <= 100, "1 to 100"),
    "row_step": (lambda v: v >= 0, "0 (the median step) or more"),
    "log_floor": (lambda v: v >= 0, "0 (a tenth of the smallest value) or more"),
    "train_share": (lambda v: 0 < v <= 1, "above 0, at most 1"),
}
MOST_PERIODS = 64
"""How many periods may be given: each is two columns of the net's input."""


def check_settings(param: Any) -> None:
    """Raise ConfigError if a SeriesParameter message has invalid settings."""
    if not param.csv_file:
        raise ConfigError(
            "gym Series: series_param.csv_file is empty; expected a file name",
            field="series_param.csv_file",
        )
    check_ranges("Series", "series_param", param, _RANGES)
    for name in ("period", "season"):
        if len(getattr(param, name)) > MOST_PERIODS:
            raise ConfigError(
                f"gym Series: series_param.{name} is given {len(getattr(param, name)):,} times; "
                f"allowed: at most {MOST_PERIODS}",
                field=f"series_param.{name}",
            )
        for period in getattr(param, name):
            if not math.isfinite(period) or period <= 0:
                raise ConfigError(
                    f"gym Series: series_param.{name} is {period:g}; allowed: above 0",
                    field=f"series_param.{name}",
                )
    for name, marks in (("decimal", ".,"), ("thousands", "., '_")):
        mark = getattr(param, name)
        if mark and (len(mark) != 1 or mark not in marks):
            raise ConfigError(
                f'gym Series: series_param.{name} is "{mark}"; allowed: '
                + " ".join(f'"{one}"' for one in marks),
                field=f"series_param.{name}",
            )
    if param.stride > 1 and not 0 < param.recent < param.window:
        raise ConfigError(
            f"gym Series: series_param.stride is {param.stride}, but it applies to the rows before the "
            f"series_param.recent latest ones; allowed: recent from 1 to below window ({param.window})",
            field="series_param.stride",
        )
    if param.least_horizon > param.horizon:
        raise ConfigError(
            f"gym Series: series_param.least_horizon is {param.least_horizon}, above "
            f"series_param.horizon {param.horizon}; allowed: 1 to horizon",
            field="series_param.least_horizon",
        )


def lags_of(param: Any) -> np.ndarray:
    """Return how many rows before the last one each row of the context lies, farthest first."""
    recent = min(param.recent or param.window, param.window)
    lags = [
        *range(recent),
        *(recent - 1 + param.stride * (k + 1) for k in range(param.window - recent)),
    ]
    return np.array(lags[::-1])


def refuse_settings_of_forecasters(param: Any) -> None:
    """Raise ConfigError for settings that only the trainer SERIES knows, where another one steps through the gym."""
    effective = {
        "transform": param.transform == LOG,
        "base": param.base != BEST,
        "members": param.members > 1,
        "log_floor": param.log_floor > 0,
    }
    for name, given in effective.items():
        if given:
            raise ConfigError(
                f"gym Series: series_param.{name} has an effect with the trainer SERIES only",
                hint='write trainer { type: "SERIES" ... } and use SeriesCfc.prototxt, or leave it out',
                field=f"series_param.{name}",
            )
