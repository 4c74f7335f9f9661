"""Series read from a table: times, values with gaps, column names; one series, or many in one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, within_field
from mycaffe_py.tables import (
    MAX_MAGNITUDE as MAX_MAGNITUDE,
    BadTime,
    Clock,
    Table,
    match_columns,
    read_table,
)

MOST_COLUMNS = 2000
"""Values and inputs that one net reads; the baseline's equations grow with their square."""


@dataclass(frozen=True)
class Series:
    """One or several series, one after the other.

    ``times`` (n,) never decrease within a series; ``values`` (n, C), NaN for a gap: the columns to predict first, then
    inputs, then ``known`` columns that are given for future rows too. Series s has the rows ``starts[s]`` up to
    ``starts[s + 1]``; those from ``ends[s]`` on have no value to predict: they only bring known inputs.
    """

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    outputs: int
    time_name: str
    clock: Clock
    known: int = 0
    starts: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    ends: np.ndarray | None = None
    labels: tuple[str, ...] = ("",)
    series_name: str = ""
    has_names: bool = False

    def __post_init__(self) -> None:
        if self.ends is None:
            object.__setattr__(self, "ends", _data_ends(self))

    def __len__(self) -> int:
        return len(self.times)

    @property
    def is_panel(self) -> bool:
        """Whether the file has a column that names the series of each row."""
        return bool(self.series_name)

    @property
    def count(self) -> int:
        """The number of series."""
        return len(self.starts)

    @property
    def stops(self) -> np.ndarray:
        """(S,) the row after the last one of each series, known inputs included."""
        return np.append(self.starts[1:], len(self.times))

    def rows_of(self, index: int) -> slice:
        """Return the rows of a series that have values, as a slice."""
        assert self.ends is not None
        return slice(int(self.starts[index]), int(self.ends[index]))


def _data_ends(series: Series) -> np.ndarray:
    """Return the row after the last one in which a value was observed, for each series, (S,)."""
    seen = np.isfinite(series.values[:, : series.outputs]).any(axis=1)
    last = np.where(seen, np.arange(1, len(seen) + 1), 0)
    return np.maximum.reduceat(last, series.starts) if len(last) else np.zeros(1, dtype=np.int64)


def read_series(path: Path, param: Any) -> Series:
    """Read the columns that a SeriesParameter asks for; DataError names file, line and column of an error."""
    try:
        options = {name: getattr(param, name) for name in ("decimal", "thousands")}
        given = {name: value for name, value in options.items() if value}
        if param.HasField("header"):
            given["header"] = param.header
        return _read(read_table(path, **given), param)
    except DataError as error:
        # A mistake in the file itself is reported where the file is named.
        error.field = error.field or "series_param.csv_file"
        raise


def _read(table: Table, param: Any) -> Series:
    columns = _columns(table, param)
    time_index, series_index = columns.time, columns.series
    with within_field("series_param"):
        clock = Clock.of(table.cells(time_index), param.time_format, table.zone(time_index))
    order, starts, labels = _by_series(table, series_index)
    times = _times(table, time_index, clock, order, starts)
    hint = (
        f"times come from {table.quoted_name(time_index)} (series_param.time_column); to leave columns "
        "out, name those to predict in series_param.value_column"
    )
    own_hint = None if param.value_column or len(columns.outputs) == 1 else hint
    read = {index: _values(table, index, own_hint)[order] for index in columns.measured}
    for index in columns.outputs:
        if np.isnan(read[index]).all():
            name = table.quoted_name(index)
            raise DataError(f"{table.path}, {name}: every cell is empty", hint=own_hint)
    return Series(
        times,
        np.stack([read[index] for index in columns.measured], axis=1),
        tuple(table.column_name(index) for index in columns.measured),
        len(columns.outputs),
        table.column_name(time_index) if table.names else "time",
        clock,
        len(columns.known),
        starts,
        None,
        labels,
        "" if series_index is None else table.column_name(series_index),
        bool(table.names and all(table.names)),
    )


@dataclass(frozen=True)
class _Columns:
    time: int
    series: int | None
    outputs: list[int]
    inputs: list[int]
    known: list[int]

    @property
    def measured(self) -> list[int]:
        return [*self.outputs, *self.inputs, *self.known]


def _columns(table: Table, param: Any) -> _Columns:
    """Return the column indices of times, series, values to predict, inputs and known inputs."""

    def found(name: str, field_name: str) -> int:
        return table.column_index(name, f"series_param.{field_name}")

    named = [*param.value_column, *param.input_column, *param.known_input_column]
    if param.fitted and table.names:
        match_columns(table, named, "the net that was trained")
    time_index = found(param.time_column, "time_column")
    series_index = found(param.series_column, "series_column") if param.series_column else None
    known_names = [*param.known_input_column]
    if param.holiday_column:
        known_names.append(param.holiday_column)
    known = [found(name, "known_input_column") for name in known_names]
    inputs = [found(name, "input_column") for name in param.input_column]
    outputs = [found(name, "value_column") for name in param.value_column]
    if not outputs:
        taken = {time_index, series_index, *inputs, *known}
        outputs = [index for index in range(table.width) if index not in taken]
    if not outputs:
        raise DataError(
            f"{table.path}: no column to predict besides the times; it has {table.describe_columns()}",
            hint=None if table.width > 1 else "columns are separated by commas, semicolons or tabs",
        )
    of_series = [] if series_index is None else [series_index]
    everything = [time_index, *of_series, *outputs, *inputs, *known]
    repeated = next((index for index, times in Counter(everything).items() if times > 1), None)
    if repeated is not None:
        raise ConfigError(
            f'gym Series: series_param names the column "{table.column_name(repeated)}" of {table.path} twice; '
            "it can be one of time_column, series_column, value_column, input_column and known_input_column"
        )
    chosen = _Columns(time_index, series_index, outputs, inputs, known)
    if len(chosen.measured) > MOST_COLUMNS:
        raise DataError(
            f"{table.path}: {len(chosen.measured):,} columns; one net reads {MOST_COLUMNS:,} at most",
            hint="name some in series_param.value_column, or write one row for each series and time (series_column)",
        )
    return chosen


def _by_series(table: Table, index: int | None) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the order of rows that puts each series together, the first row of each, and the series' names."""
    count = len(table)
    if index is None:
        return np.arange(count), np.zeros(1, dtype=np.int64), ("",)
    cells = [str(cell).strip() for cell in table.cells(index)]
    numbers: dict[str, int] = {}
    which = np.array([numbers.setdefault(cell, len(numbers)) for cell in cells])
    empty = next((row for row, cell in enumerate(cells) if not cell), None)
    if empty is not None:
        raise table.error_in(empty, index, "is empty: every row needs the name of its series")
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(numbers)))
    return order, starts, tuple(numbers)


def _times(
    table: Table, index: int, clock: Clock, order: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Return the times in order; DataError if they run backwards, or stand still, within a series."""
    try:
        times = clock.read_all(table.cells(index))[order]
    except BadTime as bad:
        raise table.error_in(bad.index, index, f'"{bad.cell}" {bad}') from None
    backwards = np.diff(times) < 0
    backwards[starts[1:] - 1] = False
    if backwards.any():
        row = int(order[int(np.argmax(backwards)) + 1])
        cell = table.cells(index)[row]
        message = f'"{cell}" comes before the row above it; times must not decrease'
        hint = None
        if len(starts) == 1:
            hint = "sort the rows by time; for several series in one file, set series_param.series_column"
        error = table.error_in(row, index, message)
        error.hint = error.hint or hint
        raise error
    ends = np.append(starts[1:], len(times)) - 1
    still = np.flatnonzero((ends > starts) & (times[starts] == times[ends]))
    if still.size:
        row = int(order[ends[still[0]]])
        message = f'"{table.cells(index)[row]}" is the time of every row'
        raise table.error_in(row, index, message + " of its series" * (len(starts) > 1))
    return times


def _values(table: Table, index: int, hint: str | None) -> np.ndarray:
    try:
        return table.numbers(index)
    except DataError as error:
        raise DataError(error.message, hint=hint or error.hint, field=error.field) from None


def names_of(series: Series, kind: str) -> Sequence[str]:
    """Return the names of the ``kind`` of columns: "outputs", "inputs" or "known"."""
    first, last = series.outputs, len(series.names) - series.known
    return {
        "outputs": series.names[:first],
        "inputs": series.names[first:last],
        "known": series.names[last:],
    }[kind]
