"""Reads tables: files of text with columns, Parquet and Feather files, and tables that were lent."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.foreign.files import stand_in
from mycaffe_py.reading import read_bytes

from .columnar import is_columnar, read_columnar
from .decoding import decoded
from .delimiters import find_delimiter
from .headers import has_header
from .lent import is_lent_name, lent_path, lent_table
from .marks import Marks
from .numbers import is_gap
from .table import Table

_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?(?:\r\n|\n|\r)', re.IGNORECASE)
"""The line by which Excel is told a file's delimiter."""


def read_table(
    path: str | os.PathLike[str],
    *,
    header: bool | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    prefix: str = "",
) -> Table:
    """Read a table; DataError or MissingFileError says what is wrong, and where.

    ``path`` is a file of text (also gzipped), a Parquet or Feather file, or a name that :func:`lend` gave. Whether a
    file of text has a ``header``, and its numbers' marks, ``decimal`` ("." or ",") and ``thousands`` (",", ".", " ",
    "'" or "_"), are decided by its cells; what can be read in two ways is refused until it is set.
    Messages name these settings with ``prefix``, as in ``series_param.decimal``.
    """
    marks = Marks.of(decimal, thousands, prefix)
    path = Path(path)
    lent = is_lent_name(path)
    table = lent_table(path, marks) if lent else _file_table(path, header, marks)
    if len(table) < 2:
        raise DataError(f"{path}: needs at least 2 rows of data, has {len(table)}")
    return table


def find_table(name: str, base_dir: Path, field: str) -> Path:
    """Return the path of the file ``name``, in ``base_dir`` or in the current directory; of a lent table, its name."""
    places = list(dict.fromkeys(path.absolute() for path in (base_dir / name, Path(name))))
    for path in places:
        if os.path.exists(path):
            return path
    if is_lent_name(name):
        return lent_path(name, field)
    raise MissingFileError(
        f'no CSV file "{name}" ({field})',
        hint="looked for " + " and ".join(map(str, places)),
        field=field,
    )


def _file_table(path: Path, header: bool | None, marks: Marks) -> Table:
    raw = _bytes_of(path)
    if instead := stand_in(raw):
        raise DataError(f"{path} is {instead[0]}, but a table is expected", hint=instead[1])
    if is_columnar(path, raw):
        return read_columnar(path, raw, marks)
    return _text_table(path, raw, header, marks)


def _bytes_of(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        raise MissingFileError(f"no CSV file {path}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as a CSV file: {reason}") from error


def _text_table(path: Path, raw: bytes, header: bool | None, marks: Marks) -> Table:
    comments, text, skipped = _without_comments(decoded(path, raw))
    told = _SEPARATOR.match(text)
    if told:
        text, skipped = text[told.end() :], skipped + 1
    delimiter = told[1] if told else find_delimiter(text)
    rows, lines = _split(path, text, delimiter, skipped)
    if header is None:
        header = has_header(rows)
        named = [] if header else _names_in_comment(comments, rows, delimiter)
        if named:
            rows, lines, header = [named, *rows], [0, *lines], True
    rows = _rectangular(path, rows, lines, delimiter)
    names = None
    if header and rows:
        names = tuple(cell.strip() for cell in rows[0])
        rows, lines = rows[1:], lines[1:]
    width = len(names or (rows[0] if rows else ()))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
    return Table(path, names, columns or [[]], lines, marks=marks, delimiter=delimiter)


def _without_comments(text: str) -> tuple[list[str], str, int]:
    """Return the lines before the table that begin with #, the text after them and their number."""
    comments: list[str] = []
    start = lines = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        line = text[start:end].strip()
        gap = is_gap(line) or any(is_gap(line.split(mark)[0]) for mark in ",;\t|")
        if line and (not line.startswith("#") or gap):
            break
        comments += [line] if line else []
        start, lines = end, lines + 1
    return comments, text[start:], lines


def _names_in_comment(
    comments: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str
) -> list[str]:
    """Return the names in the last comment, as ``# t,x``, if it has one for each of several columns, else []."""
    if not comments or not rows:
        return []
    names = [name.strip() for name in comments[-1].lstrip("# ").split(delimiter)]
    return names if len(names) == len(rows[0]) > 1 and all(names) else []


def _split(
    path: Path, text: str, delimiter: str, skipped: int
) -> tuple[list[list[str]], list[int]]:
    """Return the non-blank rows, and the line at which each ends."""
    lines_of_text = io.StringIO(text, newline="")
    reader = csv.reader(lines_of_text, delimiter=delimiter, strict=True, skipinitialspace=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                lines.append(skipped + reader.line_num)
    except csv.Error as error:
        too_long = "field limit" in str(error)
        what = f"a cell of more than {csv.field_size_limit():,} characters" if too_long else error
        raise DataError(
            f"{path}, line {skipped + reader.line_num}: {what}",
            hint="a cell that begins with a quote must end with one"
            if "unexpected end" in str(error) or too_long
            else None,
        ) from None
    return rows, lines


def _rectangular(
    path: Path, rows: list[list[str]], lines: list[int], delimiter: str
) -> list[list[str]]:
    """Return rows of equal length: without the empty cells at their ends that no row needs."""
    while rows and not _filled(rows[-1]):
        rows.pop()  # rows of nothing but delimiters, with which spreadsheets end files
        lines.pop()
    if not rows:
        return rows
    width = len(rows[0])
    if not rows[0][-1].strip() or any(len(row) != width for row in rows):
        # Cells after the last one of the first row that is not empty, and of every other row.
        needed = max(map(_filled, rows))
        width = max(_filled(rows[0]), min(width, needed))
        rows = [row if len(row) == width else _cut(row, width) for row in rows]
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            raise DataError(
                f"{path}, line {line}: the row has {len(row)} cells; the first has {width}",
                hint=_advice(rows, width, delimiter) if len(row) > width else None,
            )
    return rows


def _filled(row: Sequence[str]) -> int:
    """Return the number of cells up to the last one that is not empty."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return end


def _cut(row: list[str], width: int) -> list[str]:
    return row[: max(width, _filled(row))]


def _advice(rows: Sequence[Sequence[str]], width: int, delimiter: str) -> str:
    advice = "quote cells that contain the delimiter"
    if delimiter == ",":
        advice = "quote cells that contain a comma, and write decimals with a point"
    if width == 1:
        return f"put # before lines above the table; {advice}"
    if all(len(row) == width + 1 for row in rows[1:]):
        return "the first row has one cell fewer than all others: name every column"
    return advice
