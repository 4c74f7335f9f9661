"""A curve whose values come from a column of a CSV file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, SnapshotError
from mycaffe_py.stored import Stored
from mycaffe_py.tables import Table, date, days, find_table, read_table, time_number

from .sources import OTHER_CURVE, Point, Source


class CsvSource(Source):
    """y = a column of a CSV file, a row at a time; x = a time column, if there is one.

    An empty cell is an unobserved point: y repeats the last value, or, before any value, the first one.
    """

    ends = True
    knows_unobserved = False

    def __init__(self, param: Any, base_dir: Path):
        self.path = find_table(param.csv_file, base_dir, "curve_param.csv_file")
        try:
            self._read(param)
        except DataError as error:
            # A mistake in the file itself is reported where the file is named.
            error.field = error.field or "curve_param.csv_file"
            raise
        self._row = 0

    def _read(self, param: Any) -> None:
        marks = {"decimal": param.csv_decimal, "thousands": param.csv_thousands}
        table = read_table(self.path, **marks, prefix="curve_param.csv_")
        time_index = None
        if param.csv_time_column:
            time_index = table.column_index(param.csv_time_column, "curve_param.csv_time_column")
        if param.csv_column:
            index = table.column_index(param.csv_column, "curve_param.csv_column")
        else:
            index = table.only_other_column(time_index, "curve_param.csv_column")
        self._y, self._observed = _values(table, index, param)
        self._x, unit = None, ""
        if time_index is not None:
            self._x, unit = _times(table, time_index, param.csv_time_format)
        self.gives_x = self._x is not None
        steps = np.diff(self._x or [0.0])
        self._step = float(np.median(steps[steps > 0])) if (steps > 0).any() else param.step
        if time_index is not None:
            self.x_label = table.column_name(time_index) + unit
        suffix = " (normalized)" if param.csv_normalize else ""
        self.y_label = table.column_name(index) + suffix

    def __len__(self) -> int:
        return len(self._y)

    def reset(self, rng: np.random.Generator, random_start: bool) -> None:
        """Restart at the first row, or at a random one other than the last."""
        self._row = int(rng.integers(len(self) - 1)) if random_start else 0

    @property
    def exhausted(self) -> bool:
        """Whether the last row has been given."""
        return self._row >= len(self)

    def next(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next row's point."""
        row = self._row
        self._row = row + 1
        return Point(self._x[row] if self._x else x, self._y[row], self._observed[row])

    def ahead(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next row's point; y is NaN where its cell is empty.

        Beyond the last row, x continues by the median of the file's positive steps, and y is NaN.
        """
        row = self._row
        if row < len(self):
            point = self.next(x, rng)
            return point if point.observed else point._replace(y=math.nan)
        self._row = row + 1
        if self._x:
            x = self._x[-1] + (row + 1 - len(self)) * self._step
        return Point(x, math.nan, False)

    def state(self) -> dict[str, Any]:
        """Return the index of the next row, and the number of rows."""
        return {"row": self._row, "rows": len(self)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if the file has changed."""
        stored = Stored(state, "gym: source", OTHER_CURVE)
        rows = stored.whole("rows")
        if rows != len(self):
            raise SnapshotError(
                f"{self.path}: {len(self)} rows of data, but {rows} when the snapshot was made",
                hint="the CSV file has changed, so the run cannot be resumed",
            )
        # A forecast goes on beyond the last row.
        self._row = stored.whole("row")


def _values(table: Table, index: int, param: Any) -> tuple[list[float], list[bool]]:
    """Return y of each row, with gaps filled, and whether it was observed."""
    cells = table.numbers(index)
    observed = np.isfinite(cells)
    if not observed.any():
        raise DataError(f"{table.path}, {table.column_name(index)}: every cell is empty")
    with np.errstate(over="ignore"):
        y = cells * param.csv_scale + param.csv_offset
    overflow = observed & ~np.isfinite(y)
    if overflow.any():
        row = int(np.argmax(overflow))
        message = f'"{table.text(row, index)}" * csv_scale + csv_offset is too large'
        raise table.error_in(row, index, message)
    if param.csv_normalize:
        y = _normalized(y, y[observed])
    latest = np.maximum.accumulate(np.where(observed, np.arange(len(y)), -1))
    latest[latest < 0] = int(np.argmax(observed))
    return y[latest].tolist(), observed.tolist()


def _normalized(y: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Map the range of ``observed`` to -1..1; a constant column to 0."""
    low, high = observed.min(), observed.max()
    if low == high:
        return np.zeros_like(y)
    # Halve first, so that the width of the range cannot overflow.
    middle, half_range = low / 2 + high / 2, high / 2 - low / 2
    return (y - middle) / half_range


def _times(table: Table, index: int, time_format: str) -> tuple[list[float], str]:
    """Return x of each row, and its unit for a label; of dates, in days since the first row."""
    if not time_format and not table.has_moments(index):
        return table.times(index, lambda cell: time_number(cell, "csv_time_format")).tolist(), ""
    times = table.times(index, lambda cell: days(date(cell, time_format)))
    return (times - times[0]).tolist(), " (days from the first row)"
