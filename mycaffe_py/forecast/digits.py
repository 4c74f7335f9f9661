"""How many digits the numbers of a forecast have as text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_LEAST = 7
"""Significant digits that a prediction has at least."""
_MORE = 3
"""Decimals that a prediction may have beyond those of the data."""
_MOST = 15
"""Significant digits that a float64 holds for certain."""


def known_number(value: Any) -> float:
    """Return a number as float64: of a float32 the one with its shortest text, 3.7 rather than 3.7000000477."""
    return float(str(value))


def known_text(value: Any) -> str:
    """Return the shortest text of a known value that reads back as the same number; empty for NaN."""
    number = known_number(value)
    return repr(number).removesuffix(".0") if math.isfinite(number) else ""


def decimals_of(values: np.ndarray) -> int | None:
    """Return the largest number of decimals of known values (at most the last 1000); None if there are none."""
    known = values[np.isfinite(values)][-1000:]
    if not len(known):
        return None
    return max(len(_positional(value).partition(".")[2]) for value in known)


def prediction_text(value: Any, decimals: int | None) -> str:
    """Return a prediction as text, without digits that mean nothing beside data of so many decimals.

    It has at least 7 significant digits and 3 decimals more than the data, at most 15 significant digits; 15 where no
    data are known. Empty for NaN.
    """
    number = known_number(value)
    if not math.isfinite(number):
        return ""
    if decimals is not None and number:
        before = math.floor(math.log10(abs(number))) + 1
        number = round(number, max(decimals + _MORE, _LEAST - before))
    return repr(float(f"{number:.{_MOST}g}")).removesuffix(".0")


def _positional(value: Any) -> str:
    return np.format_float_positional(value, trim="-")
