"""The settings of the Curve gym, checked once."""

from __future__ import annotations

import math
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Only, Ranges, check_ranges

SIN, COS, RANDOM, CSV_FILE = range(4)
X, Y, X_AND_Y = range(3)
ABSOLUTE, DELTA, UNIT = range(3)

MAX_POINTS = 100_000
TWO_PI = 2 * math.pi

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


CONDITIONS = (
    Only(
        "curve_param.csv_file",
        "curve_param.csv_column",
        "curve_param.csv_time_column",
        "curve_param.csv_time_format",
        "curve_param.csv_scale",
        "curve_param.csv_offset",
        "curve_param.csv_normalize",
        "curve_param.csv_decimal",
        "curve_param.csv_thousands",
        when="curve: CSV_FILE",
    ),
    Only("curve_param.csv_time_format", when="csv_time_column"),
    Only("curve_param.start", "curve_param.x_limit", when="no csv_time_column"),
    Only("curve_param.random_step", when="curve: RANDOM"),
    Only("curve_param.jitter", when="curve: SIN or COS or RANDOM"),
    Only("curve_param.x_wrap", when="input: X or X_AND_Y"),
    Only("curve_param.noise", when="input: Y or X_AND_Y"),
    Only("curve_param.time_scale", when="time: ABSOLUTE or DELTA"),
)
"""What the Curve gym's settings need to have an effect."""


def enum_name(param: Any, field: str) -> str:
    """Return the name of the value of an enum field of ``param``."""
    values = param.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return values[getattr(param, field)].name


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
    if param.curve != CSV_FILE:
        return
    if not param.csv_file:
        raise ConfigError(
            "gym Curve: curve_param.csv_file is empty; curve CSV_FILE needs a file name",
            field="curve_param.csv_file",
        )
