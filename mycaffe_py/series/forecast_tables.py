"""What a forecaster is given, frames or arrays with times, as tables; and rows added to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, ShapeError
from mycaffe_py.tables import Table, table_of
from mycaffe_py.wording import counted

KINDS = ("pandas", "polars", "pyarrow", "dict")
TIME, VALUE = "time", "value"


@dataclass(frozen=True)
class Given:
    """A table, what kind of object it came as (of ``KINDS``), and its column of times.

    ``index`` is the name that the times had as an index of pandas, "" for none; None: they were no index.
    """

    table: Table
    kind: str
    time: str
    index: str | None


def given_table(data: Any, times: Any = None, time_column: str | None = None) -> Given:
    """Return data as a table with named columns.

    With ``times`` (n,) these are its times. Without, arrays and single columns have their row numbers for times, and
    of other tables ``time_column`` is the column of times, by default the first one.
    """
    kind = _kind(data)
    if kind == "dict" and isinstance(data, Sequence) and not isinstance(data, str | bytes):
        data = _as_array(data)
    table = table_of(data)
    if kind == "pandas" and not hasattr(data, "columns") and table.names and data.name is None:
        table = replace(table, names=(*table.names[:-1], ""))  # a Series without a name
    if times is not None:
        table = _with_times(table, times)
    elif table.names is None or table.width == 1:
        table = _with_times(table, np.arange(len(table)))
    table = _named(table)
    assert table.names is not None
    time = table.names[table.column_index(time_column, "time_column")] if time_column else None
    index = str(data.index.name or "") if kind == "pandas" and _has_time_index(data) else None
    time = time or table.names[0]
    return Given(table, kind, time, index if times is None and time == table.names[0] else None)


def _kind(data: Any) -> str:
    roots = {cls.__module__.partition(".")[0] for cls in type(data).__mro__}
    return next((kind for kind in KINDS[:-1] if kind in roots), "dict")


def _as_array(rows: Any) -> Any:
    """Return a list of numbers as an array; a list of dicts, and what is no list of numbers, as it is."""
    numbers = all(isinstance(each, int | float | np.number) or each is None for each in rows)
    return np.array(rows, dtype=np.float64) if len(rows) and numbers else rows


def _has_time_index(data: Any) -> bool:
    return type(data.index).__name__ in ("DatetimeIndex", "PeriodIndex")


def _with_times(table: Table, times: Any) -> Table:
    """Return a table whose first column is new: times."""
    given = table_of(times if hasattr(times, "__array__") else {TIME: list(times)})
    column, zone = given.columns[-1], given.zone(given.width - 1)
    if len(column) != len(table):
        raise ShapeError(
            f"there are {counted(len(column), 'time')} for {counted(len(table), 'row')} of values"
        )
    if table.names is not None and TIME in table.names:
        raise DataError(
            f'times are given, and the table has a column "{TIME}"',
            hint="leave times out, or rename the column",
        )
    names = table.names or _numbered(table.width)
    zones = [zone, *(table.zones or [None] * table.width)]
    return Table(Path("table"), (TIME, *names), [column, *table.columns], zones=zones)


def _numbered(width: int) -> tuple[str, ...]:
    return (VALUE,) if width == 1 else tuple(f"{VALUE}_{index}" for index in range(width))


def _named(table: Table) -> Table:
    """Return a table in which every column has a name of its own that is no number."""
    names = list(table.names or ())
    single = len(names) == 2 and not names[1]
    for index, name in enumerate(names):
        if not name:
            names[index] = TIME if index == 0 else VALUE if single else f"column {index}"
        elif name.isdecimal():
            names[index] = f"{VALUE}_{name}"
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise DataError(
            f'{names.count(doubled)} columns are named "{doubled}"',
            hint="give each column a name of its own",
        )
    return replace(table, names=tuple(names))


def kept(table: Table, names: Sequence[str]) -> Table:
    """Return a table with the named columns only, in this order."""
    assert table.names is not None
    own = list(table.names)
    places = [own.index(name) for name in names]
    return Table(
        Path("table"),
        tuple(names),
        [table.cells(place) for place in places],
        zones=[table.zone(place) for place in places],
    )


def appended(table: Table, more: Table, time: str, optional: Sequence[str]) -> Table:
    """Return a table with the rows of another below its own, by the names of columns.

    Columns named in ``optional`` may be missing there: these cells are gaps. DataError if others are.
    """
    assert table.names is not None and more.names is not None
    columns = []
    for place, name in enumerate(table.names):
        if name not in more.names:
            if name not in optional:
                raise DataError(
                    f'the rows that are added have no column "{name}"; they have '
                    f"{more.describe_columns()}",
                    nearest=(name, more.names),
                )
            columns.append(np.concatenate([_floats(table, place), np.full(len(more), np.nan)]))
            continue
        index = more.names.index(name)
        columns.append(_joined(table, place, more, index, name == time))
    return replace(table, columns=columns)


def _joined(table: Table, place: int, more: Table, index: int, is_time: bool) -> Any:
    own, new = table.cells(place), more.cells(index)
    if table.has_moments(place):
        return np.concatenate([own, _moments(more, index)])
    if _is_text(own):
        return [*table.texts(place), *more.texts(index)]
    if is_time and more.has_moments(index):
        raise DataError("the times are numbers, but the rows that are added have dates")
    if is_time and not _is_text(new) and own.dtype.kind == new.dtype.kind:  # type: ignore[union-attr]
        return np.concatenate([own, new])
    return np.concatenate([_floats(table, place), _floats(more, index)])


def _floats(table: Table, index: int) -> np.ndarray:
    return table.numbers(index)


def _is_text(cells: Any) -> bool:
    return isinstance(cells, list) or cells.dtype.kind in "OU"


def _moments(table: Table, index: int) -> np.ndarray:
    """Return a column as datetime64[ns]; text such as 2001-12-29T18:30 is read."""
    if table.has_moments(index):
        return np.asarray(table.cells(index))
    texts = table.texts(index)
    for row, text in enumerate(texts):
        try:
            np.datetime64(text, "ns")
        except ValueError:
            raise table.error_in(
                row, index, f'"{text:.40}" is no date such as 2001-12-29'
            ) from None
    return np.array(texts, dtype="datetime64[ns]")
