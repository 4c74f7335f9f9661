"""Forecasts as what the data came as: a frame of pandas, polars or pyarrow, or a dict of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.errors import require
from mycaffe_py.forecast import Forecast, Forecasts
from mycaffe_py.tables import Table
from mycaffe_py.tables.moments import from_days_array


@dataclass(frozen=True)
class Form:
    """How forecasts are returned: ``kind``, "pandas", "polars", "pyarrow" or "dict"."""

    kind: str
    index: str | None = None
    """With pandas, the name of the times as the index, "" for none; None: they are a column."""


def frame_of(found: Forecast | Forecasts, form: Form, table: Table) -> Any:
    """Return the forecasts of a table in a form, with times written as there.

    Columns: the series' names if there are several, the times, then each value with NAME_lower and NAME_upper.
    """
    each = list(found) if isinstance(found, Forecasts) else [found]
    columns: dict[str, np.ndarray] = {}
    if isinstance(found, Forecasts):
        counts = [len(one.times) for one in each]
        columns[found.series_name] = np.repeat(np.array(found.series, dtype=object), counts)
    time = each[0].time_name
    index = table.column_index(time)
    columns[time] = np.concatenate([_times(one, table.cells(index)) for one in each])
    for place, name in enumerate(each[0].names):
        columns[name] = _together(each, "predictions", place)
        if each[0].has_bands:
            columns[f"{name}_lower"] = _together(each, "lower", place)
            columns[f"{name}_upper"] = _together(each, "upper", place)
    return _MAKERS[form.kind](columns, time, table.zone(index), form)


def _together(each: list[Forecast], name: str, index: int) -> np.ndarray:
    return np.concatenate([getattr(one, name)[:, index] for one in each])


def _times(forecast: Forecast, like: Any) -> np.ndarray:
    """Return the times as a column of the table has them: moments, whole numbers, numbers or text."""
    kind = like.dtype.kind if isinstance(like, np.ndarray) else "O"
    if kind == "M":
        return from_days_array(forecast.times).astype("datetime64[us]")
    if kind in "if" and not forecast.dates:
        whole = kind == "i" and (forecast.times % 1 == 0).all()
        return forecast.times.astype(np.int64) if whole else forecast.times.copy()
    texts = [forecast.time_text(float(time)) for time in forecast.times]
    if kind in "if":  # dates written as numbers, such as 20011229
        return np.array([float(text) for text in texts]).astype(like.dtype)
    return np.array(texts, dtype=object)


Columns = Mapping[str, np.ndarray]


def _pandas(columns: Columns, time: str, zone: str | None, form: Form) -> Any:
    pandas = require("pandas", "tables")
    frame = pandas.DataFrame(dict(columns))
    if zone is not None:
        frame[time] = frame[time].dt.tz_localize("UTC").dt.tz_convert(zone)
    if form.index is None:
        return frame
    frame = frame.set_index(time)
    frame.index.name = form.index or None
    return frame


def _polars(columns: Columns, time: str, zone: str | None, form: Form) -> Any:
    polars = require("polars", "tables")
    plain = {name: list(each) if each.dtype == object else each for name, each in columns.items()}
    frame = polars.DataFrame(plain)
    if zone is None:
        return frame
    moved = polars.col(time).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return frame.with_columns(moved)


def _pyarrow(columns: Columns, time: str, zone: str | None, form: Form) -> Any:
    pyarrow = require("pyarrow", "tables")
    found = {name: pyarrow.array(column) for name, column in columns.items()}
    if columns[time].dtype.kind == "M":
        kind = pyarrow.timestamp("us", tz=zone)
        found[time] = pyarrow.array(columns[time].astype(np.int64), kind)
    return pyarrow.table(found)


def _dict(columns: Columns, time: str, zone: str | None, form: Form) -> Any:
    return dict(columns)


_MAKERS = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow, "dict": _dict}
