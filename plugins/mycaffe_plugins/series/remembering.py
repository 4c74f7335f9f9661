"""What models and weights remember of the Series gym: the settings that change what a net's inputs and outputs mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import text_format

from mycaffe_py.errors import DataError

from .settings import LOG
from .table import Series, names_of
from .windows import Windows

_BY_ALL = ("horizon", "window", "recent", "stride", "period", "calendar")
_BY_FORECASTERS = ("season", "transform")
_COLUMNS = {"value_column": "outputs", "input_column": "inputs", "known_input_column": "known"}
_ANY_NAME = "column 1"
_FARTHEST = 5.0
_LAYERS = {"FORECAST": "forecast_param", "STANDARDIZE": "standardize_param"}


def remembered_settings(windows: Windows, forecaster: bool = True) -> str:
    """Return the settings that weights belong to, as one line of prototxt of a GymParameter.

    Columns are named as in the file, "column 2" where it has no header, and a single one that no setting names too.
    ``forecaster``: whether the net has a FORECAST
    layer, whose baseline depends on more of them.
    """
    param, series = windows.param, windows.series
    kept = type(param)()
    for name in (*_BY_ALL, *(_BY_FORECASTERS if forecaster else ())):
        _copy(param, kept, name)
    if forecaster and param.transform == LOG:
        kept.log_floor = param.log_floor
    kept.time_unit = windows.unit
    for name, kind in _COLUMNS.items():
        getattr(kept, name).extend(names_of(series, kind))
    if series.values.shape[1] == 1 and not param.value_column:
        kept.value_column[:] = [_ANY_NAME]
    if param.holiday_column:
        kept.holiday_column = kept.known_input_column.pop()
    if series.series_name:
        kept.series_column = series.series_name
    return f"series_param {{ {text_format.MessageToString(kept, as_one_line=True).strip()} }}"


def _copy(param: Any, kept: Any, name: str) -> None:
    value = getattr(param, name)
    if isinstance(value, int | float | str):
        setattr(kept, name, value)
    else:
        getattr(kept, name).extend(value)


def remember_settings(model: Any, windows: Windows) -> None:
    """Write the settings into those layers of a NetParameter message that keep them with their weights."""
    layers = [(layer, _LAYERS.get(layer.type.upper(), "")) for layer in model.layer]
    forecaster = any(name == "forecast_param" for _, name in layers)
    for layer, name in layers:
        if name in layer.DESCRIPTOR.fields_by_name:
            getattr(layer, name).settings = remembered_settings(windows, forecaster)


def keeps_settings(model: Any) -> bool:
    """Whether a NetParameter message has a layer that keeps the gym's settings."""
    return any(layer.type.upper() in _LAYERS for layer in model.layer)


def remember_step(param: Any, windows: Windows) -> None:
    """Set row_step of a SeriesParameter, if it is not set, to the median time between rows of the training part."""
    if not param.row_step:
        param.row_step = _median_step(windows.series, windows.train_ends)


def refuse_other_steps(param: Any, windows: Windows) -> None:
    """Raise DataError if the rows of a file are far closer or farther apart than those of the training."""
    series = windows.series
    assert series.ends is not None
    expected, found = param.row_step, _median_step(series, series.ends)
    if not expected or not found or 1 / _FARTHEST <= found / expected <= _FARTHEST:
        return
    unit = " days" if series.clock.dates else ""
    raise DataError(
        f'gym Series: {param.csv_file}: the times in "{series.time_name}" are {found:g}{unit} apart, but the net was '
        f"trained on rows {expected:g} apart",
        hint="give times in the same unit and rows at the same distance; to forecast nevertheless: --set "
        f"solver.trainer.gym.series_param.row_step={found:.9g}",
        field="series_param.row_step",
    )


def _median_step(series: Series, ends: np.ndarray) -> float:
    """Return the median time between the rows of all series up to ``ends`` (S,), without repeated times; 0 for none."""
    parts = [series.times[first:end] for first, end in zip(series.starts, ends, strict=True)]
    steps = np.concatenate([np.diff(each) for each in parts])
    return float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
