"""A series read from a CSV file: times, values with gaps, and column names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError

from .csv_table import CsvTable, number, read_table
from .series_times import Clock

GAPS = ("nan", "na", "n/a", "null", "none")
MAX_MAGNITUDE = 1e30
"""The largest value allowed, so that differences and squares stay finite in float32 and float64."""


@dataclass(frozen=True)
class Series:
    """``times`` (n,), never decreasing; ``values`` (n, C), NaN for a gap, columns to predict first."""

    times: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    outputs: int
    time_name: str
    clock: Clock

    def __len__(self) -> int:
        return len(self.times)


def read_series(path: Path, param: Any) -> Series:
    """Read the columns that a SeriesParameter asks for; DataError names file, line and column of an error."""
    try:
        return _read(read_table(path), param)
    except DataError as error:
        # A mistake in the file itself is reported where the file is named.
        error.field = error.field or "series_param.csv_file"
        raise


def _read(table: CsvTable, param: Any) -> Series:
    time_index, outputs, inputs = _columns(table, param)
    clock = Clock.of([row[time_index] for row in table.rows], param.time_format)
    times = table.times(time_index, clock.read)
    hint = (
        f"times come from {table.quoted_name(time_index)} (series_param.time_column); to leave columns "
        "out, name those to predict in series_param.value_column"
    )
    own_hint = None if param.value_column or len(outputs) == 1 else hint
    columns = [_values(table, index, own_hint) for index in (*outputs, *inputs)]
    names = tuple(table.column_name(index) for index in (*outputs, *inputs))
    time_name = table.column_name(time_index) if table.names else "time"
    return Series(times, np.stack(columns, axis=1), names, len(outputs), time_name, clock)


def _columns(table: CsvTable, param: Any) -> tuple[int, list[int], list[int]]:
    """Return the column indices of the times, of the values to predict and of the inputs."""

    def found(name: str, field: str) -> int:
        return table.column_index(name, f"series_param.{field}")

    time_index = found(param.time_column, "time_column")
    inputs = [found(name, "input_column") for name in param.input_column]
    outputs = [found(name, "value_column") for name in param.value_column]
    if not outputs:
        taken = {time_index, *inputs}
        outputs = [index for index in range(table.width) if index not in taken]
    if not outputs:
        raise DataError(
            f"{table.path}: no column to predict besides the times; it has {table.describe_columns()}",
            hint=None if table.width > 1 else "columns are separated by commas, semicolons or tabs",
        )
    everything = [time_index, *outputs, *inputs]
    repeated = next((index for index in everything if everything.count(index) > 1), None)
    if repeated is not None:
        raise ConfigError(
            f'gym Series: series_param names the column "{table.column_name(repeated)}" of {table.path} twice; '
            "it can be one of time_column, value_column and input_column"
        )
    return time_index, outputs, inputs


def _values(table: CsvTable, index: int, hint: str | None) -> np.ndarray:
    try:
        values = np.array(table.convert(index, _cell))
    except DataError as error:
        raise DataError(error.message, hint=hint, field=error.field) from None
    if np.isnan(values).all():
        raise DataError(f"{table.path}, {table.quoted_name(index)}: every cell is empty", hint=hint)
    return values


def _cell(cell: str) -> float:
    value = float("nan") if cell.strip().lower() in GAPS else number(cell)
    if abs(value) > MAX_MAGNITUDE:
        raise ValueError(f"is too large: values go up to {MAX_MAGNITUDE:g}")
    return value
