"""A table: named columns of text or of typed values, with errors that name the cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TypeGuard

import numpy as np

from mycaffe_py.errors import DataError

from .columns import Unreadable, cell_texts, typed_numbers
from .marks import COMMA, POINT, Marks, tidy
from .numbers import BadCell, column_numbers, number as number

EPOCH = datetime(1970, 1, 1)
_LONGEST_CELL = 60

Column = list[str] | np.ndarray | Unreadable
"""The cells of a column: text, or values of one type, or why there are none."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length, their names (None: no header) and, of a file of text, each row's line.

    A column is a list of text, or, in a Parquet file or a table in memory, an array of float64, int64, bool,
    datetime64[ns] or text. ``path`` is the file, or the name of a table in memory. ``zones`` are the time zones of
    typed columns. ``delimiter`` is None for anything but a file of text.
    """

    path: Path
    names: tuple[str, ...] | None
    columns: Sequence[Column]
    lines: Sequence[int] | None = None
    zones: Sequence[str | None] = ()
    marks: Marks = field(default_factory=Marks)
    delimiter: str | None = None

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.columns)

    @cached_property
    def rows(self) -> list[tuple[str, ...]]:
        """The cells of each row as text."""
        columns = [self.texts(index) for index in range(self.width)]
        return list(zip(*columns, strict=True))

    def cells(self, index: int) -> list[str] | np.ndarray:
        """Return a column: text, or a read-only array of its type (see :class:`Table`); NaN, NaT or "" is a gap."""
        column = self.columns[index]
        if isinstance(column, Unreadable):
            raise DataError(
                f"{self.path}, {self.quoted_name(index)}: {column.reason}", hint=column.hint
            )
        return column

    def texts(self, index: int) -> list[str]:
        """Return the cells of a column as text; moments with a zone as ``2001-12-29T18:30:00+00:00``."""
        if isinstance(self.columns[index], Unreadable):
            return [""] * len(self)
        return cell_texts(self.cells(index), self.zone(index))

    def zone(self, index: int) -> str | None:
        """Return the time zone of a typed column, whose moments :meth:`cells` gives in UTC; None without one."""
        return self.zones[index] if self.zones else None

    def numbers(self, index: int) -> np.ndarray:
        """Return a column as float64, NaN for gaps; DataError names the first cell that is not a number."""
        cells = self.cells(index)
        try:
            if isinstance(cells, np.ndarray) and not _is_text(cells):
                return typed_numbers(cells)
            texts = self.texts(index)
            return column_numbers(texts, self._marks_of_cells, lambda: self._point_is_sure)
        except BadCell as bad:
            error = self.error_in(bad.row, index, f'"{self._shown(index, bad.row)}" {bad.message}')
            raise DataError(error.message, hint=bad.hint) from None

    @property
    def _marks_of_cells(self) -> Marks:
        alone = self.width == 1 and self.delimiter is not None
        return replace(self.marks, separable=alone)

    @cached_property
    def _point_is_sure(self) -> bool:
        """Whether 1.234 has decimals: no cell shows another use of marks, and a file with ; or tabs shows this one."""
        pointed = False
        for column in filter(_is_text, self.columns):
            for cell in map(tidy, column):
                if "." in cell or "," in cell:
                    with_point = POINT.matches(cell)
                    if with_point == COMMA.matches(cell):
                        continue
                    if not with_point:
                        return False
                    pointed = pointed or "." in cell
        return pointed or self.delimiter not in (";", "\t", "|")

    def has_moments(self, index: int) -> bool:
        """Whether a column has the type of dates or moments, not text."""
        column = self.columns[index]
        return isinstance(column, np.ndarray) and column.dtype.kind == "M"

    def row_name(self, row: int) -> str:
        """Return ``line 7`` for a row of a file of text, else ``row 5``, counted from 0."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The columns of each name."""
        places: dict[str, list[int]] = {}
        for index, name in enumerate(self.names or ()):
            places.setdefault(name, []).append(index)
        return places

    def column_index(self, wanted: str, field: str = "") -> int:
        """Return the index of the column given by name or by number from 0; DataError if there is none."""
        names, places = self.names or (), self._places.get(wanted, [])
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 10 else self.width
        setting = f" ({field})" if field else ""
        if len(places) > 1:
            raise DataError(
                f'{self.path}: {len(places)} columns are named "{wanted}"{setting}',
                hint="give the column's number, counted from 0",
                field=field,
            )
        if places:
            if number < self.width and names[number] != wanted:
                raise DataError(
                    f'{self.path}: "{wanted}" is the name of column {places[0]} and the number of '
                    f"{self.quoted_name(number)}{setting}",
                    hint="give the columns names that are not numbers",
                    field=field,
                )
            return places[0]
        if number < self.width:
            return number
        raise DataError(
            f'{self.path}: no column "{wanted}"{setting}; it has {self.describe_columns()}',
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
        """Return the name of a column, or "column N" if it has none."""
        return (self.names[index] if self.names else "") or f"column {index}"

    def quoted_name(self, index: int) -> str:
        """Return ``column "name"``, or ``column N`` if it has none, for a message."""
        name = self.names[index] if self.names else ""
        return f'column "{name}"' if name else f"column {index}"

    def convert(self, index: int, cell_value: Callable[[str], float]) -> list[float]:
        """Convert each cell of a column, as text, with ``cell_value``, whose ValueError says what is wrong with it."""
        self.cells(index)
        values = []
        for row, cell in enumerate(self.texts(index)):
            try:
                values.append(cell_value(cell))
            except ValueError as refusal:
                shown = self._shown(index, row)
                raise self.error_in(row, index, f'"{shown}" {refusal}') from None
        return values

    def times(self, index: int, cell_time: Callable[[str], float]) -> np.ndarray:
        """Convert a column to times, (rows,); DataError if they decrease, or are the same in all of several rows.

        Dates and moments of typed columns become days since 1970, in UTC if they have a zone.
        """
        typed = self.has_moments(index)
        times = self._days(index) if typed else np.array(self.convert(index, cell_time))
        backwards = np.flatnonzero(np.diff(times) < 0)
        if backwards.size:
            row = int(backwards[0]) + 1
            shown = self._shown(index, row)
            message = f'"{shown}" comes before the row above it; times must not decrease'
            raise self.error_in(row, index, message)
        if len(times) > 1 and times[0] == times[-1]:
            shown = self._shown(index, 0)
            raise self.error_in(len(times) - 1, index, f'"{shown}" is the time of every row')
        return times

    def _days(self, index: int) -> np.ndarray:
        cells = np.asarray(self.cells(index))
        missing = np.flatnonzero(np.isnat(cells))
        if missing.size:
            raise self.error_in(int(missing[0]), index, '"" is empty: every row needs a time')
        return cells.astype(np.int64) / (86400 * 10**9)

    def error_at(self, line: int, index: int, message: str) -> DataError:
        """Return a DataError about the cell in column ``index`` of the row that ends at ``line``."""
        return DataError(f"{self.path}, line {line}, {self.quoted_name(index)}: {message}")

    def error_in(self, row: int, index: int, message: str) -> DataError:
        """Return a DataError about the cell of a row, counted from 0, and a column."""
        place = f"{self.path}, {self.row_name(row)}, {self.quoted_name(index)}"
        return DataError(f"{place}: {message}")

    def text(self, row: int, index: int) -> str:
        """Return one cell as text."""
        column = self.columns[index]
        if isinstance(column, Unreadable):
            return ""
        return cell_texts(column[row : row + 1], self.zone(index))[0]

    def _shown(self, index: int, row: int) -> str:
        cell = self.text(row, index)
        return cell if len(cell) <= _LONGEST_CELL else f"{cell[:_LONGEST_CELL]}..."


def _is_text(column: Column) -> TypeGuard[list[str]]:
    return isinstance(column, list) or (isinstance(column, np.ndarray) and column.dtype.kind == "O")


def time_number(cell: str, format_field: str) -> float:
    """Return the time in ``cell``; ValueError, naming the setting that dates need, if there is none."""
    try:
        value = number(cell)
    except ValueError as refusal:
        raise ValueError(f"{refusal} (for dates in this format, set {format_field})") from None
    if isnan(value):
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
