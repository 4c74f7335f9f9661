"""Forecasts beyond the known data: as numbers, as CSV text and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mycaffe_py.drawing import style
from mycaffe_py.drawing.style import short_dates as short_dates  # by its place before 0.2

_MAX_AXES = 6


def plain_time(time: float) -> str:
    """Return a time that is not a date as text, an integer with all its digits."""
    return str(int(time)) if time.is_integer() and abs(time) < 2**63 else f"{time:.15g}"


@dataclass
class Forecast:
    """Predictions at later times, the truth where it is known, and the preceding data.

    ``times`` (K,), ``predictions`` (K, O) and ``targets`` (K, O), NaN where unknown. The rest is what
    :meth:`Gym.past` returned: ``time`` (n,), ``value`` (n, O), names, and the format of times.
    """

    times: np.ndarray
    predictions: np.ndarray
    targets: np.ndarray
    time: np.ndarray = field(default_factory=lambda: np.zeros(0))
    value: np.ndarray | None = None
    names: tuple[str, ...] = ()
    time_name: str = "time"
    time_text: Callable[[float], str] = plain_time
    dates: bool = False

    def __post_init__(self) -> None:
        outputs = self.predictions.shape[1]
        if not self.names:
            numbered = tuple(f"y{index}" for index in range(outputs))
            self.names = numbered if outputs > 1 else ("y",)
        if self.value is None:
            self.value = np.zeros((len(self.time), outputs))

    @property
    def has_truth(self) -> bool:
        """Whether any true value is known."""
        return bool(np.isfinite(self.targets).any())

    def mean_errors(self) -> dict[str, float]:
        """Return the mean absolute error of each quantity whose truth is known somewhere."""
        errors = np.abs(self.predictions - self.targets)
        known = np.isfinite(errors)
        return {
            name: float(errors[known[:, index], index].mean())
            for index, name in enumerate(self.names)
            if known[:, index].any()
        }

    def rows(self) -> list[list[str]]:
        """Return the table as text: a header, then time, predictions, and the truth if any is known."""
        header, with_truth = [self.time_name, *self.names], self.has_truth
        header += [f"{name}_true" for name in self.names] if with_truth else []
        rows = [header]
        for time, prediction, target in zip(
            self.times, self.predictions, self.targets, strict=True
        ):
            values = [*prediction, *target] if with_truth else prediction
            rows.append([self.time_text(float(time)), *map(_cell, values)])
        return rows

    def csv_text(self) -> str:
        """Return :meth:`rows` as CSV."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.rows())
        return text.getvalue()

    def draw(self, figure: Any, min_history: int = 100) -> None:
        """Draw the end of the known data, the predictions and the truth into a matplotlib figure."""
        shown = min(len(self.names), _MAX_AXES)
        axes = figure.subplots(shown, 1, sharex=True, squeeze=False)[:, 0]
        before = slice(max(0, len(self.time) - max(min_history, 2 * len(self.times))), None)
        for index, axis in enumerate(axes):
            known = np.isfinite(self.targets[:, index])
            if self.value is not None and len(self.time):
                known_before = self.value[before, index]
                axis.plot(
                    *(self._axis(self.time[before]), known_before),
                    color=style.TARGET,
                    marker=".",
                    markersize=2,  # shows isolated points between gaps
                    label="known",
                )
            if known.any():
                times, truth = self._axis(self.times), self.targets[:, index]
                axis.plot(times, truth, color=style.TRUTH, linewidth=3, alpha=0.5, label="truth")
            axis.plot(
                *(self._axis(self.times), self.predictions[:, index]),
                color=style.PREDICTION,
                marker="." if len(self.times) < 60 else None,
                label="forecast",
            )
            error = self.mean_errors().get(self.names[index])
            words = "" if error is None else f": mean absolute error {error:.4g}"
            style.titled(axis, self.names[index] + words)
            style.plain(axis)
        style.legend_beside(axes[0])
        axes[-1].set_xlabel(self.time_name, parse_math=False)
        if self.dates:
            style.short_dates(axes[-1])

    def _axis(self, times: np.ndarray) -> np.ndarray:
        """Return times as matplotlib draws them."""
        return style.as_dates(times) if self.dates else times


def _cell(value: float) -> str:
    return f"{value:.7g}" if np.isfinite(value) else ""
