"""Which sign separates the columns of a file: judged by whether the columns that it makes hold together."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

from .numbers import is_gap, looks_like_number

DELIMITERS = ",;\t|"
_SAMPLED_LINES = 40


def find_delimiter(text: str) -> str:
    """Return the delimiter that makes several columns of the first lines, and the best of them.

    That is the one with the largest share of rows that are equally long, times the share of plain cells (numbers,
    gaps, and text without another delimiter), then the one that makes most columns. A row with a cell too many thus
    does not make another sign the delimiter. In a file of one column, it is the most frequent in the first line.
    """
    sample = _first_lines(text)
    first_line = sample[0] if sample else ""

    def merit(delimiter: str) -> tuple[float, int, int]:
        rows = _split(sample, delimiter)
        count = first_line.count(delimiter)
        if not rows:
            return 0.0, 1, count
        width, often = Counter(map(len, rows)).most_common(1)[0]
        share = 0.0 if width == 1 else _plain_share(rows, delimiter) * often / len(rows)
        return share, width, count

    return max(DELIMITERS, key=merit)


def _first_lines(text: str) -> list[str]:
    lines = text[
        :200_000
    ].splitlines()  # no sample needs more, and a file of one line is not copied whole
    return [line for line in lines if line.strip()][:_SAMPLED_LINES]


def _split(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(sample, delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a cell that is too long; the whole file is read, and refused, later
        return []
    trimmed = [_trimmed(row) for row in rows]
    width = max(map(len, trimmed), default=0)
    # Empty cells at the end of a row, more than the others have, are the work of a trailing delimiter.
    return [row[: max(width, 1)] for row in rows]


def _trimmed(row: Sequence[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return list(row[:end])


def _plain_share(rows: Sequence[Sequence[str]], delimiter: str) -> float:
    cells = [cell for row in rows for cell in row]
    return sum(_plain(cell, delimiter) for cell in cells) / len(cells)


def _plain(cell: str, delimiter: str) -> bool:
    if is_gap(cell) or looks_like_number(cell):
        return True
    return not any(other in cell for other in DELIMITERS if other != delimiter)
