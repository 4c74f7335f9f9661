"""Reads a CSV file into named columns of text, with errors that name file, line and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from mycaffe_py.errors import DataError, MissingFileError

EPOCH = datetime(1970, 1, 1)
DELIMITERS = ",;\t"
_SAMPLED_LINES = 20


@dataclass(frozen=True)
class CsvTable:
    """The cells of a CSV file as text, its column names (None: no header) and each row's line."""

    path: Path
    names: tuple[str, ...] | None
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0])

    def column_index(self, wanted: str, field: str) -> int:
        """Return the index of the column given by name or by number from 0; DataError if there is none."""
        names = self.names or ()
        if names.count(wanted) > 1:
            raise DataError(
                f'{self.path}: {names.count(wanted)} columns are named "{wanted}" ({field})',
                hint="give the column's number, counted from 0",
                field=field,
            )
        if wanted in names:
            return names.index(wanted)
        if wanted.isdecimal() and int(wanted) < self.width:
            return int(wanted)
        raise DataError(
            f'{self.path}: no column "{wanted}" ({field}); it has {self.describe_columns()}',
            nearest=(wanted, names),
            field=field,
        )

    def only_other_column(self, taken: int | None, field: str) -> int:
        """Return the only column besides ``taken``; DataError if there are several or none."""
        others = [index for index in range(self.width) if index != taken]
        if len(others) != 1:
            raise DataError(
                f"{self.path}: {field} is not set, and the file has {self.describe_columns()}",
                hint=f"name one of them in {field}",
                field=field,
            )
        return others[0]

    def describe_columns(self) -> str:
        """Describe the columns, for an error message."""
        if self.names:
            return "the columns " + ", ".join(f'"{name}"' for name in self.names)
        plural = "" if self.width == 1 else "s"
        return f"{self.width} column{plural} without names, counted from 0"

    def column_name(self, index: int) -> str:
        """Return the name of a column, or "column N" without a header."""
        return self.names[index] if self.names else f"column {index}"

    def quoted_name(self, index: int) -> str:
        """Return ``column "name"``, or ``column N`` without a header, for a message."""
        return f'column "{self.names[index]}"' if self.names else f"column {index}"

    def convert(self, index: int, cell_value: Callable[[str], float]) -> list[float]:
        """Convert each cell of a column with ``cell_value``, whose ValueError says what is wrong with the cell."""
        values = []
        for line, row in zip(self.lines, self.rows, strict=True):
            try:
                values.append(cell_value(row[index]))
            except ValueError as refusal:
                raise self.error_at(line, index, f'"{row[index]}" {refusal}') from None
        return values

    def times(self, index: int, cell_time: Callable[[str], float]) -> np.ndarray:
        """Convert a column to times, (rows,); DataError if they decrease."""
        times = np.array(self.convert(index, cell_time))
        backwards = np.flatnonzero(np.diff(times) < 0)
        if backwards.size:
            row = int(backwards[0]) + 1
            cell = self.rows[row][index]
            message = f'"{cell}" comes before the row above it; times must not decrease'
            raise self.error_at(self.lines[row], index, message)
        return times

    def error_at(self, line: int, index: int, message: str) -> DataError:
        """Return a DataError about the cell in column ``index`` of the row that ends at ``line``."""
        return DataError(f"{self.path}, line {line}, {self.quoted_name(index)}: {message}")


def number(cell: str) -> float:
    """Return the finite number in ``cell``, or NaN for an empty cell; ValueError for anything else."""
    if not cell.strip():
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        advice = ""
        if _is_number(cell.replace(",", ".")):
            advice = ": write decimals with a point"
        elif _is_number(cell.replace(",", "")):
            advice = ": write thousands without a comma"
        raise ValueError(f"is not a number{advice}") from None
    if not math.isfinite(value):
        raise ValueError("is not a finite number; leave the cell empty where a value is missing")
    return value


def time_number(cell: str, format_field: str) -> float:
    """Return the time in ``cell``; ValueError, naming the setting that dates need, if there is none."""
    try:
        value = number(cell)
    except ValueError as refusal:
        raise ValueError(f"{refusal} (for dates in this format, set {format_field})") from None
    if math.isnan(value):
        raise ValueError("is empty: every row needs a time")
    return value


def date(cell: str, time_format: str) -> datetime:
    """Parse the date in ``cell``; ValueError if it does not match."""
    try:
        return datetime.strptime(cell.strip(), time_format)
    except ValueError:
        raise ValueError(f'does not match the time format "{time_format}"') from None


def days(moment: datetime) -> float:
    """Return the days since 1970-01-01."""
    return (moment - EPOCH.replace(tzinfo=moment.tzinfo)).total_seconds() / 86400


def read_table(path: Path) -> CsvTable:
    """Read a CSV file; DataError or MissingFileError says what is wrong, and where."""
    text = _read_text(path)
    rows, lines = _split(path, text, _delimiter(text))
    names = None
    if rows and _is_header(rows[0]):
        names = tuple(cell.strip() for cell in rows[0])
        rows, lines = rows[1:], lines[1:]
    if len(rows) < 2:
        raise DataError(f"{path}: needs at least 2 rows of data, has {len(rows)}")
    width = len(names or rows[0])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            raise DataError(
                f"{path}, line {line}: the row has {len(row)} cells; the first has {width}",
                hint="quote cells that contain a comma, and write decimals with a point"
                if len(row) > width
                else None,
            )
    return CsvTable(path, names, rows, lines)


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise MissingFileError(f"no CSV file {path}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read as a CSV file: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte 0x{raw[error.start]:02x} is not UTF-8 text",
            hint="save the file as CSV in UTF-8",
        ) from None


def _split(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the non-blank rows, and the line at which each ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {error}",
            hint="a cell that begins with a quote must end with one"
            if "unexpected end" in str(error)
            else None,
        ) from None
    return rows, lines


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first lines into the most columns, equally many in each.

    If there is none (a ragged file), return the most frequent one in the first line.
    """
    sample = [line for line in text.splitlines() if line.strip()][:_SAMPLED_LINES]
    first_line = sample[0] if sample else ""

    def columns(delimiter: str) -> tuple[int, int]:
        widths = {len(row) for row in csv.reader(sample, delimiter=delimiter)}
        return (widths.pop() if len(widths) == 1 else 1, first_line.count(delimiter))

    return max(DELIMITERS, key=columns)


def _is_header(row: Sequence[str]) -> bool:
    """Return whether a first row is a header: text in some cell, and no numbers."""
    cells = [cell for cell in row if cell.strip()]
    return bool(cells) and not any(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
