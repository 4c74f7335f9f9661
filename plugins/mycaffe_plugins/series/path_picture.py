"""Forecasts beside what came: paths that begin one horizon apart, on rows that were not learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.drawing import style

from .judging import Places, forecasts_of, in_units
from .table import Series
from .windows import Windows

_MAX_AXES = 6
_PATHS = 12


@dataclass(frozen=True)
class Paths:
    """Forecasts from P rows of one series.

    ``times`` (P, H), NaN after the last row; ``values``, ``lower`` and ``upper`` (P, H, O).
    """

    times: np.ndarray
    values: np.ndarray
    lower: np.ndarray | None
    upper: np.ndarray | None


def paths_of(learner: Any, net: Any) -> Paths | None:
    """Return forecasts from up to 12 rows, a horizon apart, of the first series' test part, or of its last rows."""
    windows, samples = learner.windows, learner.samples
    series, horizon = windows.series, int(learner.settings.horizon)
    rows = series.rows_of(0)
    begin = int(windows.train_ends[0]) - 1
    if begin >= rows.stop - 2:  # no test part
        begin = max(int(windows.first[0]), rows.stop - 1 - 4 * horizon)
    origins = np.arange(begin, rows.stop - 1, horizon)[-_PATHS:]
    if not len(origins) or origins[0] < windows.first[0]:
        return None
    places = Places.every(origins, np.arange(1, horizon + 1), np.full(len(origins), rows.stop))
    memory = learner.layer.memory()
    kept = memory["weights"], memory["gain"]
    relative = forecasts_of(net, learner.blobs, samples, places, *kept)
    shape = (len(origins), horizon, windows.outputs)
    place = np.searchsorted(origins, places.origins), places.ahead - 1
    times = np.full(shape[:2], np.nan)
    times[place] = series.times[places.origins + places.ahead]
    found = []
    band = memory["band"][places.ahead - 1]
    for added in (0.0, band[:, :, 0], band[:, :, 1]):
        values = np.full(shape, np.nan)
        values[place] = in_units(samples, places, relative + added)
        found.append(values)
    ends = found[1:] if memory["band"].any() else [None, None]
    return Paths(times, found[0], *ends)


def draw_paths(figure: Any, windows: Windows, paths: Paths) -> None:
    """Draw each of the first quantities of the first series with its forecasts into an emptied ``figure``."""
    series = windows.series
    border = float(series.times[windows.train_ends[0] - 1])
    style.start(figure)
    shown = min(series.outputs, _MAX_AXES)
    axes = figure.subplots(shown, 1, sharex=True, squeeze=False)[:, 0]
    rows = series.rows_of(0)
    times, values = series.times[rows], series.values[rows]
    ahead = float(np.nanmax(paths.times) - np.nanmin(paths.times))
    kept = times >= np.nanmin(paths.times) - max(0.5 * ahead, 1e-12)
    for index, axis in enumerate(axes):
        _draw_one(axis, series, times[kept], values[kept, index], paths, index)
        if times[kept][0] < border < times[-1]:
            axis.axvline(
                _drawn(series, np.array([border]))[0],
                color=style.UNOBSERVED,
                linewidth=0.8,
                linestyle="--",
                label="end of the training part",
            )
        name = f"{series.labels[0]}: " if series.is_panel else ""
        style.titled(axis, f"{name}{series.names[index]}: forecasts beside what came")
        style.plain(axis)
    style.legend_beside(axes[0])
    axes[-1].set_xlabel(series.time_name, parse_math=False)
    if series.clock.dates:
        style.short_dates(axes[-1])


def _draw_one(
    axis: Any, series: Series, times: np.ndarray, values: np.ndarray, paths: Paths, index: int
) -> None:
    axis.plot(
        *(_drawn(series, times), values),
        color=style.TARGET,
        linewidth=1,
        marker="." if len(times) < 200 else None,
        markersize=3,
        label="measured",
    )
    for number, at in enumerate(paths.times):
        known = np.isfinite(at)
        moments = _drawn(series, at[known])
        axis.plot(
            *(moments, paths.values[number, known, index]),
            color=style.PREDICTION,
            linewidth=1.2,
            marker="." if known.sum() < 30 else None,
            markersize=3,
            label=None if number else "forecasts",
        )
        if paths.lower is not None and paths.upper is not None:
            axis.fill_between(
                moments,
                paths.lower[number, known, index],
                paths.upper[number, known, index],
                color=style.PREDICTION,
                alpha=0.15,
                linewidth=0,
                label=None if number else "intervals",
            )


def _drawn(series: Series, times: np.ndarray) -> np.ndarray:
    """Convert times to what matplotlib draws: dates or numbers."""
    return style.as_dates(times) if series.clock.dates else times
