"""The Series gym's picture: the measurements and the latest predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.forecast import short_dates

from .picture import PREDICTION_COLOUR, TARGET_COLOUR, UNOBSERVED_COLOUR
from .series_table import Series

_MAX_AXES = 6


def draw_predictions(figure: Any, series: Series, scored: np.ndarray, border: float) -> None:
    """Draw each of the first quantities of ``series`` with its predictions, replacing the contents of ``figure``.

    ``scored`` (k, 1 + 2 O) holds time, targets and predictions; ``border`` is the last time of the training part.
    """
    figure.clear()
    if hasattr(figure, "set_layout_engine"):
        figure.set_layout_engine("constrained")
    shown = min(series.outputs, _MAX_AXES)
    axes = figure.subplots(shown, 1, sharex=True, squeeze=False)[:, 0]
    for index, axis in enumerate(axes):
        target, prediction = scored[:, 1 + index], scored[:, 1 + series.outputs + index]
        axis.plot(
            *(_times(series, series.times), series.values[:, index]),
            color=TARGET_COLOUR,
            linewidth=1,
            label="measured",
        )
        axis.plot(
            *(_times(series, scored[:, 0]), prediction),
            color=PREDICTION_COLOUR,
            linestyle="none",
            marker=".",
            markersize=3,
            label="latest predictions",
        )
        if series.times[0] < border < series.times[-1]:
            axis.axvline(
                _times(series, np.array([border]))[0],
                color=UNOBSERVED_COLOUR,
                linewidth=0.8,
                linestyle="--",
                label="end of the training part",
            )
        error = np.abs(prediction - target)
        words = f": mean absolute error {error.mean():.4g}" if error.size else ""
        title = series.names[index] + words
        axis.set_title(title, loc="left", fontsize="medium", parse_math=False)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25, linewidth=0.6)
    axes[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="small")
    axes[-1].set_xlabel(series.time_name, parse_math=False)
    if series.clock.dates:
        short_dates(axes[-1])


def _times(series: Series, times: np.ndarray) -> np.ndarray:
    """Convert times to what matplotlib draws: dates or numbers."""
    if not series.clock.dates:
        return times
    return np.round(times * 86400).astype("datetime64[s]")
