"""The rows of forecasts as numbers, as texts and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.spreadsheets import csv_text

from .digits import known_number

Cell = str | float | None


def share_of(held: int, known: int) -> float | None:
    """Return a share, None of nothing."""
    return held / known if known else None


def text_rows(header: Sequence[str], records: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return a table whose cells are texts."""
    return [list(header), *([str(cell) for cell in record] for record in records)]


def csv_of(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as CSV; texts that a spreadsheet would compute begin with an apostrophe."""
    return csv_text(rows)


def number_of(value: Any) -> float | None:
    """Return a number with all its digits; None if it is not finite."""
    return known_number(value) if np.isfinite(value) else None
