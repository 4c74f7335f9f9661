"""CSV that a spreadsheet shows and never computes: texts that it would take for formulas begin with an apostrophe.

``=cmd|'/c calc'!A1`` as the name of a metric is a formula for a spreadsheet that opens the file. An apostrophe before
it, as spreadsheets themselves write it, makes it a text. Numbers are left alone, also those that begin with a sign.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)", re.IGNORECASE
)


def safe_cell(cell: Any) -> Any:
    """Return a text that a spreadsheet could compute with an apostrophe before it; anything else unchanged."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def plain_cell(text: str) -> str:
    """Return the text that :func:`safe_cell` was given."""
    inner = text[1:]
    return inner if text.startswith("'") and safe_cell(inner) == text else text


def plain_cells(line: str) -> list[str]:
    """Return the texts that a line of such a CSV was given; none if it is no CSV."""
    try:
        return list(map(plain_cell, next(csv.reader([line]), [])))
    except csv.Error:
        return []


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV in which no text is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(list(map(safe_cell, row)) for row in rows)
    return text.getvalue()
