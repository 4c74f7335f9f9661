"""Numbers as people write them, and gaps; whole columns at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from .marks import COMMA, PLAIN, POINT, Marks, tidy
from .refusals import why_no_number

MAX_MAGNITUDE = 1e30
"""The largest value allowed, so that differences and squares stay finite in float32 and float64."""

GAPS = frozenset(
    (
        *("", ".", "..", "...", "-", "--", "\u2013", "\u2014", "?", ":", "nan", "-nan", "+nan", "na", "n/a"),
        *("n.a.", "<na>", "nat", "null", "nil", "none", "missing", "\\n", "#n/a", "#n/d", "#na", "#nv"),
        *("#n/a n/a", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "nan(ind)", "-nan(ind)"),
    )
)  # fmt: skip
"""What stands for a value that is missing, in lower case and without spaces around."""

_SEPARATORS = "columns are separated by commas, semicolons, tabs or |"
_ODD = re.compile(r"[^0-9eE+\-.\s]")
_POINT_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")


class BadCell(Exception):
    """A cell that cannot be read: its row from 0, what is wrong with it, and what to do."""

    def __init__(self, row: int, message: str, hint: str | None = None):
        super().__init__(message)
        self.row, self.message, self.hint = row, message, hint


def is_gap(cell: str) -> bool:
    """Whether a cell stands for a value that is missing."""
    return cell.strip().lower() in GAPS


def looks_like_number(cell: str) -> bool:
    """Whether a cell is a number in any style."""
    cell = tidy(cell)
    return POINT.matches(cell) or COMMA.matches(cell)


def number(cell: str) -> float:
    """Return the finite number in ``cell``, with a decimal point, or NaN for a gap; ValueError for anything else."""
    if is_gap(cell):
        return math.nan
    plain = tidy(cell)
    if not PLAIN.matches(plain):
        raise ValueError(why_no_number(plain))
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError(why_no_number("inf"))
    return value


def column_numbers(
    cells: Sequence[str], marks: Marks, point_is_sure: Callable[[], bool]
) -> np.ndarray:
    """Return the numbers of a column, NaN for gaps; BadCell for the first cell that is none, or can be two.

    ``point_is_sure`` tells, where every number with a point could have thousands (1.234), whether the rest of the
    table rules that out.
    """
    stripped = [cell.strip() for cell in cells]
    missing = np.array([cell.lower() in GAPS for cell in stripped], bool)
    present = [cell for cell, gap in zip(stripped, missing, strict=True) if not gap]
    rows = np.flatnonzero(~missing)
    found = _plain_numbers(present, marks)
    if found is None or (_only_groups(present, marks) and not point_is_sure()):
        found = _styled_numbers(list(map(tidy, present)), rows, marks)
    _refuse_huge(found, present, rows)
    values = np.full(len(cells), np.nan)
    values[rows] = found
    return values


def _plain_numbers(cells: Sequence[str], marks: Marks) -> np.ndarray | None:
    """Return all numbers at once if all are written as Python writes them, else None."""
    text = "\n".join(cells)
    if _ODD.search(text) or ("." in text and all(s.decimal == "," for s in marks.styles())):
        return None
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def _only_groups(cells: Sequence[str], marks: Marks) -> bool:
    """Whether there are points, and all of them could separate thousands."""
    pointed = False
    if marks.decimal or marks.thousands:
        return False
    for cell in cells:
        if "." in cell:
            if not _POINT_GROUPS.fullmatch(cell):
                return False
            pointed = True
    return pointed


def _styled_numbers(cells: Sequence[str], rows: np.ndarray, marks: Marks) -> np.ndarray:
    """Return the numbers in the one style that all cells have."""
    styles = marks.styles()
    fitting = [style for style in styles if style.fits(cells)]
    if not fitting:
        raise _bad_cell(cells, rows, marks)
    if marks.separable and not (marks.decimal or marks.thousands):
        _refuse_separable(cells, rows, marks)
    values = [style.values(cells) for style in fitting]
    if len(values) == 2 and (differing := np.flatnonzero(values[0] != values[1])).size:
        raise _ambiguous(cells, rows, int(differing[0]), marks)
    return values[0]


def _bad_cell(cells: Sequence[str], rows: np.ndarray, marks: Marks) -> BadCell:
    """Return what is wrong with the first cell that is not in the style of most others."""
    styles = marks.styles()
    style = max(styles, key=lambda each: sum(map(each.matches, cells)))
    at = next(k for k, cell in enumerate(cells) if not style.matches(cell))
    other = COMMA if style.decimal == "." else POINT
    if not other.matches(cells[at]):
        apart = marks.separable and len(cells[at].split()) > 1
        return BadCell(int(rows[at]), why_no_number(cells[at]), _SEPARATORS if apart else None)
    message = f'is not a number with the decimal mark "{style.decimal}"'
    if len(styles) > 1:
        others = f"{message}, as other cells of the column are"
        return BadCell(int(rows[at]), others, f'write all decimals with "{style.decimal}"')
    return BadCell(int(rows[at]), message, f"set {marks.setting('decimal', other.decimal)}")


def _ambiguous(cells: Sequence[str], rows: np.ndarray, at: int, marks: Marks) -> BadCell:
    cell = cells[at]
    mark = "," if "," in cell else "."
    whole, decimal = cell.replace(mark, ""), cell.replace(mark, ".")
    return BadCell(
        int(rows[at]),
        f"can be {whole} or {decimal}, and no other cell of the column decides",
        f"set {marks.setting('thousands', mark)} for {whole}, or "
        f"{marks.setting('decimal', mark)} for {decimal}",
    )


def _refuse_separable(cells: Sequence[str], rows: np.ndarray, marks: Marks) -> None:
    for at, cell in enumerate(cells):
        mark = next((mark for mark in ", " if mark in cell), None)
        if mark:
            raise BadCell(
                int(rows[at]),
                f'can be several columns or one number with "{mark}" in it',
                f"set {marks.setting('decimal', ',')} or {marks.setting('thousands', mark)} for one number; "
                f"{_SEPARATORS}",
            )


def _refuse_huge(values: np.ndarray, cells: Sequence[str], rows: np.ndarray) -> None:
    huge = np.flatnonzero(~(np.abs(values) <= MAX_MAGNITUDE))
    if huge.size:
        at = int(huge[0])
        message = f"is too large: values go up to {MAX_MAGNITUDE:g}"
        if not math.isfinite(values[at]):
            message = why_no_number("inf")
        raise BadCell(int(rows[at]), message)
