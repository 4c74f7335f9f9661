"""The picture of a forecast: a plot for each quantity or series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.drawing import style

MAX_PANELS = 6
_FEW = 60
"""Forecasts of fewer points are drawn with a mark at each."""


@dataclass(frozen=True)
class Panel:
    """A plot: quantity ``index`` of a Forecast, with its title and the mean error, if it is known."""

    forecast: Any
    index: int
    title: str
    error: float | None = None


def draw_panels(figure: Any, panels: Sequence[Panel], min_history: int) -> None:
    """Draw plots below each other, over the same times."""
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        _draw(axis, panel, min_history)
        words = "" if panel.error is None else f": mean absolute error {panel.error:.4g}"
        style.titled(axis, panel.title + words)
        style.plain(axis)
    style.legend_beside(axes[0])
    axes[-1].set_xlabel(panels[0].forecast.time_name, parse_math=False)
    if panels[0].forecast.dates:
        style.short_dates(axes[-1])


def _draw(axis: Any, panel: Panel, min_history: int) -> None:
    forecast, index = panel.forecast, panel.index
    times = _as_drawn(forecast, forecast.times)
    before = slice(max(0, len(forecast.time) - max(min_history, 2 * len(times))), None)
    if forecast.value is not None and len(forecast.time):
        known_before = forecast.value[before, index]
        axis.plot(
            *(_as_drawn(forecast, forecast.time[before]), known_before),
            color=style.TARGET,
            marker=".",
            markersize=2,  # shows isolated points between gaps
            label="known",
        )
    if forecast.lower is not None and forecast.upper is not None:
        ends = forecast.lower[:, index], forecast.upper[:, index]
        _draw_band(axis, times, ends, band_name(forecast.coverage))
    truth = forecast.targets[:, index]
    if np.isfinite(truth).any():
        axis.plot(times, truth, color=style.TRUTH, linewidth=3, alpha=0.5, label="truth")
    axis.plot(
        *(times, forecast.predictions[:, index]),
        color=style.PREDICTION,
        marker="." if len(times) < _FEW else None,
        label="forecast",
    )


def _draw_band(axis: Any, times: np.ndarray, ends: tuple[np.ndarray, ...], label: str) -> None:
    look = {"color": style.PREDICTION, "alpha": 0.2, "linewidth": 0, "label": label}
    if len(times) == 1:  # an area would have no width
        look["linewidth"] = 6
        axis.vlines(times, *ends, **look)
        return
    axis.fill_between(times, *ends, **look)


def band_name(coverage: float | None) -> str:
    """Return what a band is called, such as "80 % band"."""
    return "band" if coverage is None else f"{100 * coverage:.4g} % band"


def _as_drawn(forecast: Any, times: np.ndarray) -> np.ndarray:
    """Return times as matplotlib draws them."""
    return style.as_dates(times) if forecast.dates else times
