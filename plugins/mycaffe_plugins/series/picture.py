"""The Series gym's picture: the measurements and the latest predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.drawing import style

from .table import Series

_MAX_AXES = 6


def draw_predictions(figure: Any, series: Series, scored: np.ndarray, border: float) -> None:
    """Draw each of the first quantities of ``series`` with its predictions, replacing the contents of ``figure``.

    ``scored`` (k, 1 + 2 O) holds time, targets and predictions; ``border`` is the last time of the training part.
    """
    style.start(figure)
    shown = min(series.outputs, _MAX_AXES)
    axes = figure.subplots(shown, 1, sharex=True, squeeze=False)[:, 0]
    for index, axis in enumerate(axes):
        target, prediction = scored[:, 1 + index], scored[:, 1 + series.outputs + index]
        axis.plot(
            *(_times(series, series.times), series.values[:, index]),
            color=style.TARGET,
            linewidth=1,
            label="measured",
        )
        axis.plot(
            *(_times(series, scored[:, 0]), prediction),
            color=style.PREDICTION,
            linestyle="none",
            marker=".",
            markersize=3,
            label="latest predictions",
        )
        if series.times[0] < border < series.times[-1]:
            axis.axvline(
                _times(series, np.array([border]))[0],
                color=style.UNOBSERVED,
                linewidth=0.8,
                linestyle="--",
                label="end of the training part",
            )
        error = np.abs(prediction - target)
        words = f": mean absolute error {error.mean():.4g}" if error.size else ""
        style.titled(axis, series.names[index] + words)
        style.plain(axis)
    style.legend_beside(axes[0])
    axes[-1].set_xlabel(series.time_name, parse_math=False)
    if series.clock.dates:
        style.short_dates(axes[-1])


def _times(series: Series, times: np.ndarray) -> np.ndarray:
    """Convert times to what matplotlib draws: dates or numbers."""
    return style.as_dates(times) if series.clock.dates else times
