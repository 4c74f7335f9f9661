"""Settings of the Series gym that follow from the data where they are not given; the rules are in series.proto."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError

from .seasons import seasons_of
from .settings import NONE
from .table import Series, names_of
from .windows import Windows

RECENT = 24
MOST_ROWS = 320
MOST_WINDOW = 48
_HARMONICS = 3

_MOST_TIMES = 5
"""How many times the rows of a series a horizon may be; each row ahead has weights of its own."""


def resolve(param: Any, series: Series) -> None:
    """Fill in period, season, window, recent and stride of a SeriesParameter that are not set."""
    probe = type(param)()
    probe.CopyFrom(param)
    probe.window, probe.recent, probe.stride = 1, 0, 1
    del probe.period[:]
    windows = Windows(series, probe)
    name_columns(param, series)
    if not param.season:
        param.season.extend(_seasons(param, windows))
    if not param.period:
        param.period.extend(_periods(list(param.season), windows.unit))
    if not param.HasField("window"):
        set_window(param, windows)
    if not param.HasField("transform") and (windows.training_values <= 0).any():
        param.transform = NONE


def name_columns(param: Any, series: Series) -> None:
    """Name the columns, so that other files are read by their names, whatever their order."""
    given = {
        "value_column": names_of(series, "outputs"),
        "input_column": names_of(series, "inputs"),
        "known_input_column": names_of(series, "known"),
    }
    every = [*series.names, series.time_name, series.series_name]
    if not series.has_names or len(set(every)) < len(every):
        return  # by their numbers
    for name, names in given.items():
        fields = getattr(param, name)
        if name == "known_input_column" and param.holiday_column:
            names = names[:-1]
        del fields[:]
        fields.extend(names)
    param.time_column = series.time_name
    if param.holiday_column:
        param.holiday_column = series.names[-1]
    if series.is_panel:
        param.series_column = series.series_name
    param.fitted = True


def _seasons(param: Any, windows: Windows) -> list[float]:
    if param.period:
        given = [float(period) for period in param.period]
        return [
            period
            for period in given
            if not any(_is_part(period, other) for other in given if other != period)
        ][:2]
    series = windows.series
    lengths = windows.train_ends - series.starts
    longest = int(np.argmax(lengths))
    rows = slice(int(series.starts[longest]), int(windows.train_ends[longest]))
    values = windows.filled[rows, : series.outputs]
    return seasons_of(series.times[rows], values, series.clock.dates)


def _is_part(period: float, other: float) -> bool:
    """Whether a period is the half, the third or the fourth of another."""
    return any(abs(period * parts - other) < 0.01 * other for parts in (2, 3, 4))


def _periods(seasons: list[float], unit: float) -> list[float]:
    """Return seasons with their halves and thirds, as far as these are longer than two rows."""
    found: list[float] = []
    for season in seasons:
        for part in range(1, _HARMONICS + 1):
            period = season / part
            new = not any(abs(period - other) < 0.01 * other for other in found)
            if new and (part == 1 or period > 2.5 * unit):
                found.append(period)
    return found


def set_window(param: Any, windows: Windows) -> None:
    """Set window, recent and stride: how far contexts reach back, and which rows of that they hold."""
    counts = windows.train_ends - windows.series.starts
    rows = int(np.median(counts))
    season = min((round(period / windows.unit) for period in param.season), default=0)
    reach = max(2 * season if season else 24, 2 * param.horizon)
    reach = max(2, min(reach, MOST_ROWS, rows // 4))
    if reach <= MOST_WINDOW - 8:
        param.window, param.recent, param.stride = reach, 0, 1
        return
    stride = -(-(reach - RECENT) // (MOST_WINDOW - RECENT))
    param.window = RECENT + -(-(reach - RECENT) // stride)
    param.recent, param.stride = (RECENT, stride) if stride > 1 else (0, 1)


def refuse_long_windows(windows: Windows, param: Any) -> None:
    """Raise ConfigError if a window or the horizon of a forecaster is too long for the longest series."""
    longest = int((windows.ends - windows.series.starts).max())
    if len(windows.lags) > max(longest, 2):
        raise ConfigError(
            f"gym Series: series_param.window is {len(windows.lags)}, but the longest series has {longest} rows",
            hint="leave window out, and it follows from the data",
            field="series_param.window",
        )
    if param.horizon > max(_MOST_TIMES * longest, 100):
        raise ConfigError(
            f"gym Series: series_param.horizon is {param.horizon}, but the longest series has {longest} rows",
            hint=f"give at most {_MOST_TIMES} times as many",
            field="series_param.horizon",
        )
