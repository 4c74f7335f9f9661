"""The settings of the Curve gym, checked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from mycaffe_py.errors import ConfigError

SIN, COS, RANDOM, CSV_FILE = range(4)
X, Y, X_AND_Y = range(3)
ABSOLUTE, DELTA, UNIT = range(3)

MAX_POINTS = 100_000
TWO_PI = 2 * math.pi

Ranges = Mapping[str, tuple[Callable[[Any], bool], str]]
"""For each field, a test of its value, and the allowed values in words."""

_RANGES: Ranges = {
    "step": (lambda v: v > 0, "above 0"),
    "history": (lambda v: 1 <= v <= MAX_POINTS, f"1 to {MAX_POINTS}"),
    "start": (lambda v: True, "any finite number"),
    "x_limit": (lambda v: v >= 0, "0 (never) or more"),
    "time_scale": (lambda v: v > 0, "above 0"),
    "jitter": (lambda v: 0 <= v <= 1, "0 to 1"),
    "drop_ratio": (lambda v: 0 <= v < 1, "0 to below 1"),
    "noise": (lambda v: v >= 0, "0 or more"),
    "random_step": (lambda v: 0 < v <= 2, "above 0, at most 2"),
    "csv_scale": (lambda v: v != 0, "any finite number except 0"),
    "csv_offset": (lambda v: True, "any finite number"),
}


def enum_name(param: Any, field: str) -> str:
    """Return the name of the value of an enum field of ``param``."""
    values = param.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return values[getattr(param, field)].name


def check_ranges(gym: str, message: str, param: Any, ranges: Ranges) -> None:
    """Raise ConfigError if a number in the ``message`` of a gym is not finite or out of its range."""
    for field, (allowed, words) in ranges.items():
        value = getattr(param, field)
        if not math.isfinite(value) or not allowed(value):
            raise ConfigError(
                f"gym {gym}: {message}.{field} is {value:g}; allowed: {words}",
                field=f"{message}.{field}",
            )


def check_settings(param: Any) -> None:
    """Raise ConfigError if a CurveParameter message has invalid settings."""
    check_ranges("Curve", "curve_param", param, _RANGES)
    _check_combinations(param)


def _check_combinations(param: Any) -> None:
    largest_start = param.start + (TWO_PI if param.random_start else 0)
    if param.x_limit and largest_start > param.x_limit:
        raise ConfigError(
            f"gym Curve: curve_param.start is {param.start:g}, which can lead past "
            f"curve_param.x_limit {param.x_limit:g}; allowed: up to x_limit, minus 2 * pi with "
            "random_start",
            field="curve_param.start",
        )
    if param.x_limit and param.step > param.x_limit:
        raise ConfigError(
            f"gym Curve: curve_param.step is {param.step:g}; "
            f"allowed: up to curve_param.x_limit {param.x_limit:g}",
            field="curve_param.step",
        )
    if param.noise and param.input == X:
        raise ConfigError(
            f"gym Curve: curve_param.noise is {param.noise:g}, but curve_param.input X has no y "
            "to add it to; allowed: noise with input Y or X_AND_Y",
            field="curve_param.noise",
        )
    if param.curve != CSV_FILE:
        return
    if param.jitter:
        raise ConfigError(
            f"gym Curve: curve_param.jitter is {param.jitter:g}; allowed with curve CSV_FILE: 0, "
            "because the rows of the file set the steps",
            field="curve_param.jitter",
        )
    if not param.csv_file:
        raise ConfigError(
            "gym Curve: curve_param.csv_file is empty; curve CSV_FILE needs a file name",
            field="curve_param.csv_file",
        )
    if param.csv_time_format and not param.csv_time_column:
        raise ConfigError(
            f'gym Curve: curve_param.csv_time_format is "{param.csv_time_format}", '
            "but curve_param.csv_time_column is not set; allowed: both or neither",
            field="curve_param.csv_time_format",
        )
