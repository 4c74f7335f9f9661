"""Whether the first row of a file holds the names of the columns: judged with the rows below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from .numbers import is_gap, looks_like_number

_JUDGED_ROWS = 100
_DIGITS = re.compile(r"[0-9]+")


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of ``rows`` is a header.

    It is one if it has text above a column of numbers, or if it has no number at all and some text that is not
    written as the cells below are; also if it is ``"", 0, 1, 2``, as pandas names columns without names, or has
    nothing but different words for gaps (``nan``) above numbers. A date above dates makes it a row of data.
    """
    if not rows:
        return False
    first, below = rows[0], list(islice(rows, 1, 1 + _JUDGED_ROWS))
    if below and _counted_by_pandas(first, [row[0].strip() for row in below]):
        return True
    columns = [
        (cell.strip(), [row[index] for row in below if index < len(row)])
        for index, cell in enumerate(first)
        if cell.strip()
    ]
    texts = [column for column in columns if not looks_like_number(column[0])]
    words = [column for column in texts if not is_gap(column[0])]
    if any(cell[0].isdecimal() and _same_shape(cell, cells) for cell, cells in words):
        return False
    if any(_numbers(cells) for _, cells in words):
        return True
    if len(texts) < len(columns):
        return False
    if any(not _same_shape(cell, cells) for cell, cells in words):
        return True
    names = [cell for cell, cells in texts if cell.isalpha() and _numbers(cells)]
    return not words and 0 < len(names) == len(set(names))


def _counted_by_pandas(first: Sequence[str], index: Sequence[str]) -> bool:
    """Whether a row is ``"", 0, 1, ...``; of ``"", 0`` alone, a gap and a number, the index below decides."""
    names = [cell.strip() for cell in first]
    if len(names) < 2 or names != ["", *map(str, range(len(names) - 1))]:
        return False
    counted = list(index) == list(map(str, range(len(index))))
    return len(names) > 2 or counted or not any(map(looks_like_number, index))


def _numbers(cells: Sequence[str]) -> bool:
    """Whether most of the cells that are not gaps are numbers: a single bad cell is refused later, by its place."""
    present = [cell for cell in cells if not is_gap(cell)]
    return 2 * sum(map(looks_like_number, present)) > len(present)


def _same_shape(cell: str, cells: Sequence[str]) -> bool:
    """Whether a cell with digits, such as a date, is written as cells below it are."""
    shapes = {_shape(other) for other in cells}
    return bool(_DIGITS.search(cell)) and _shape(cell) in shapes


def _shape(cell: str) -> str:
    return _DIGITS.sub("0", re.sub(r"[^\W\d_]+", "a", cell.strip()))
