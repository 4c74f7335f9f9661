"""The values that settings may have."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from mycaffe_py.errors import ConfigError

Ranges = Mapping[str, tuple[Callable[[Any], bool], str]]
"""For each field, a test of its value, and the allowed values in words."""


def check_ranges(gym: str, message: str, param: Any, ranges: Ranges) -> None:
    """Raise ConfigError if a number in the ``message`` of a gym is not finite or out of its range."""
    for field, (allowed, words) in ranges.items():
        value = getattr(param, field)
        if not math.isfinite(value) or not allowed(value):
            raise ConfigError(
                f"gym {gym}: {message}.{field} is {value:g}; allowed: {words}",
                field=f"{message}.{field}",
            )
