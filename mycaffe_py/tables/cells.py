"""Cells of a column: text, numbers or datetime64, turned into what a clock reads."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np


def plain_time(time: float) -> str:
    """Return a time that is not a date as text, an integer with all its digits."""
    return str(int(time)) if time.is_integer() and abs(time) < 2**63 else f"{time:.15g}"


def time_in(cell: str) -> float:
    """Return the number in ``cell``; ValueError says what is wrong with it."""
    if not cell.strip():
        raise ValueError("is empty: every row needs a time")
    try:
        value = float(cell)
    except ValueError:
        advice = "(for dates in this format, set time_format)"
        with suppress(ValueError):
            float(cell.replace(",", "."))
            advice = ": write decimals with a point"
        raise ValueError(f"is not a number {advice}".replace(" :", ":")) from None
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    return value


def as_text(cells: Any) -> list[str] | None:
    """Return cells as text; None for an array of numbers that are not all integers."""
    if not isinstance(cells, np.ndarray):
        return [_one_text(cell) for cell in cells]
    if cells.dtype.kind == "f":
        known = cells[~np.isnan(cells)]
        if not (np.abs(known) < 2**63).all() or (known % 1 != 0).any():
            return None
        return ["" if math.isnan(cell) else str(int(cell)) for cell in cells.tolist()]
    return [_one_text(cell) for cell in cells.tolist()]


def _one_text(cell: Any) -> str:
    """Return a cell as text, "" for the ways in which tables mark a missing one."""
    text = str(cell)
    missing = not isinstance(cell, str) and text in ("None", "nan", "NaT", "<NA>")
    return "" if missing else text


def microseconds(cells: np.ndarray) -> np.ndarray:
    """Return datetime64 as microseconds, int64, rounded."""
    whole = cells.astype("datetime64[us]")
    rest = (cells - whole).astype("timedelta64[ns]").astype(np.int64)
    return np.asarray(whole.astype(np.int64) + (rest >= 500))
