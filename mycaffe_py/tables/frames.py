"""Tables in memory: frames of pandas, polars and pyarrow, dicts, records and arrays, without importing any of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.wording import counted

from .columns import Typed, object_column, typed_column, unreadable
from .table import Table

_ACCEPTED = (
    "a table is a frame of pandas, polars or pyarrow, a Series, a dict of columns, a list of dicts, "
    "a structured array or an array of two dimensions"
)


_UNNAMED = "__index_level_"  # how pandas stores an index without a name


def table_of(data: Any) -> Table:
    """Return data in memory as a Table, which copies it; DataError says what cannot be a table.

    A DatetimeIndex or PeriodIndex of pandas, or an index with a name, is the first column. Arrays of two dimensions,
    and of one, which is a single column, have no names.
    """
    if isinstance(data, Table):
        return data
    library = _library(data)
    if library in _READERS:
        names, columns = _READERS[library](data)
    elif isinstance(data, Mapping):
        names, columns = list(data), [_column(name, values) for name, values in data.items()]
    elif isinstance(data, np.ndarray) and data.dtype.names:
        names, columns = list(data.dtype.names), [_column(n, data[n]) for n in data.dtype.names]
    elif isinstance(data, np.ndarray) or hasattr(data, "__array__"):
        names, columns = None, _array_columns(data)
    elif isinstance(data, Sequence) and not isinstance(data, str | bytes):
        names, columns = _records(data)
    else:
        raise DataError(f"{_kind(data)} is no table", hint=_ACCEPTED)
    return _table(names, columns)


def _table(names: Sequence[Any] | None, columns: Sequence[Typed]) -> Table:
    if not columns:
        raise DataError("the table has no columns", hint=_ACCEPTED)
    texts = None if names is None else tuple(map(_name, names))
    lengths = {len(column) for column, _ in columns}
    if len(lengths) > 1:
        pairs = zip(texts or (), columns, strict=False)
        each = ", ".join(
            f'"{name}" has {counted(len(column), "cell")}' for name, (column, _) in pairs
        )
        raise DataError(f"the columns differ in length: {each}")
    if texts is not None and not any(texts):
        texts = None
    zones = [zone for _, zone in columns]
    return Table(Path("table"), texts, [column for column, _ in columns], zones=zones)


def _name(name: Any) -> str:
    if name is None:
        return ""
    return ".".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _library(data: Any) -> str:
    roots = (cls.__module__.partition(".")[0] for cls in type(data).__mro__)
    return next((root for root in roots if root in _READERS), "")


def _kind(data: Any) -> str:
    return f"an object of the type {type(data).__name__}"


def _column(name: Any, values: Any) -> Typed:
    """Return the column of a dict."""
    library = _library(values)
    if library and hasattr(values, "__len__"):
        columns = _READERS[library](values)[1]
        return columns[-1]
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise DataError(
            f'column "{name}" is {_kind(values)}; expected a value for each row', hint=_ACCEPTED
        )
    if isinstance(values, np.ma.MaskedArray) or hasattr(values, "__array__"):
        array = values if isinstance(values, np.ndarray) else _as_array(values)
        if array.ndim != 1:
            raise DataError(f'column "{name}" has the shape {array.shape}; expected one dimension')
        return typed_column(array)
    return object_column(list(values))


def _as_array(data: Any) -> np.ndarray:
    try:
        return np.asarray(data)
    except Exception as error:  # whatever the object's own code raises
        raise DataError(f"{_kind(data)} cannot be made an array: {error}") from error


def _array_columns(data: Any) -> list[Typed]:
    array = data if isinstance(data, np.ndarray) else _as_array(data)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2:
        raise DataError(f"an array of the shape {array.shape} is no table", hint=_ACCEPTED)
    return [typed_column(array[:, index]) for index in range(array.shape[1])]


def _records(rows: Sequence[Any]) -> tuple[list[Any] | None, list[Typed]]:
    """Return the columns of a list of dicts (a key that a row lacks is a gap) or of rows of equal length."""
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        return names, [object_column([row.get(name) for row in rows]) for name in names]
    for number, row in enumerate(rows):
        if not isinstance(row, Sequence | np.ndarray) or isinstance(row, str | bytes):
            expected = "expected all rows to be dicts, or all to be lists"
            raise DataError(f"row {number} is {_kind(row)}; {expected}", hint=_ACCEPTED)
        if len(row) != len(rows[0]):
            raise DataError(f"row {number} has {len(row)} cells; row 0 has {len(rows[0])}")
    return None, [object_column(list(column)) for column in zip(*rows, strict=True)]


def _of_pandas(data: Any) -> tuple[list[Any] | None, list[Typed]]:
    if not hasattr(data, "columns"):  # a Series, or an index by itself
        data = data.to_frame() if hasattr(data, "iloc") else data.to_frame(index=False)
    columns = [_pandas_column(data.iloc[:, index]) for index in range(data.shape[1])]
    index, names, first = data.index, list(data.columns), []
    for level in range(index.nlevels):
        values = index.get_level_values(level)
        if values.name is not None or type(values).__name__ in ("DatetimeIndex", "PeriodIndex"):
            first.append((values.name, _pandas_column(values.to_series())))
    if not first and names == list(range(len(names))):
        return None, columns
    return [name for name, _ in first] + names, [column for _, column in first] + columns


def _pandas_column(series: Any) -> Typed:
    dtype = str(series.dtype)
    if dtype.startswith("period["):
        series = series.dt.to_timestamp()
    elif getattr(series.dtype, "tz", None) is not None:
        column, _ = typed_column(series.dt.tz_convert(None).to_numpy())
        return column, str(series.dtype.tz)
    if not isinstance(series.dtype, np.dtype):
        return object_column(series.astype(object).tolist())
    return typed_column(series.to_numpy())


def _of_polars(data: Any) -> tuple[list[Any] | None, list[Typed]]:
    if hasattr(data, "collect"):
        raise DataError("a LazyFrame has no rows yet", hint="give frame.collect()")
    columns = data.get_columns() if hasattr(data, "get_columns") else [data]
    names = _unnamed([column.name for column in columns])
    return names, [_polars_column(column) for column in columns]


def _polars_column(series: Any) -> Typed:
    kind = str(series.dtype)
    if series.dtype.is_nested() or kind in ("Object", "Binary"):
        return unreadable(kind, len(series)), None
    if kind.startswith(("Decimal", "Time", "Categorical", "Enum", "String", "Int128", "Boolean")):
        return object_column(series.to_list())
    column, zone = typed_column(series.to_numpy())
    return column, getattr(series.dtype, "time_zone", None) or zone


def _of_pyarrow(data: Any) -> tuple[list[Any] | None, list[Typed]]:
    pyarrow = sys.modules["pyarrow"]
    if hasattr(data, "read_all"):
        data = data.read_all()
    if isinstance(data, pyarrow.RecordBatch):
        data = pyarrow.Table.from_batches([data])
    elif not isinstance(data, pyarrow.Table):
        data = pyarrow.table({"": data})
    moments = [str(kind).startswith("timestamp") for kind in data.schema.types]
    about = (data.schema.metadata or {}).get(b"pandas", b"")
    order = index_first(data.column_names, moments, about)
    names = [data.column_names[index] for index in order]
    return _unnamed(names), [_pyarrow_column(data.column(index)) for index in order]


def _unnamed(names: Sequence[str]) -> list[str]:
    return ["" if name.startswith(_UNNAMED) else name for name in names]


def index_first(names: Sequence[str], moments: Sequence[bool], about: str | bytes) -> list[int]:
    """Return the order of the columns of a stored frame of pandas: its index first, as in the frame.

    ``about`` is what pandas wrote about the frame; ``moments``: which columns have dates and times.
    """
    try:
        stored = [name for name in json.loads(about)["index_columns"] if isinstance(name, str)]
    except (ValueError, LookupError, TypeError):
        stored = []
    index = [names.index(name) for name in stored if names.count(name) == 1]
    others = [place for place in range(len(names)) if place not in index]
    return [k for k in index if moments[k] or not names[k].startswith(_UNNAMED)] + others


def _pyarrow_column(column: Any) -> Typed:
    kind = str(column.type)
    if kind.startswith(("int", "uint", "float", "double", "halffloat", "date", "duration")):
        return typed_column(column.to_numpy())
    if kind.startswith("timestamp"):
        found, _ = typed_column(column.to_numpy())
        return found, column.type.tz
    return object_column(column.to_pylist())


_READERS = {"pandas": _of_pandas, "polars": _of_polars, "pyarrow": _of_pyarrow}
