"""Rolling-origin evaluation of forecasts: rows to forecast from, targets, scaled errors, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from series_data import Case

MAX_ORIGINS = 200
LEVEL = 0.8
"""The share of targets that intervals are meant to cover."""


@dataclass(frozen=True)
class Forecast:
    """Predictions (N, H, O) from N rows for H distances; the bounds of 80 % intervals where a method gives them."""

    predictions: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None


@dataclass(frozen=True)
class Score:
    """``mase``, the mean over distances; ``by_distance`` (H,); ``coverage`` of the intervals or None; ``seconds``."""

    mase: float
    by_distance: tuple[float, ...]
    coverage: float | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "mase": self.mase,
            "by_distance": list(self.by_distance),
            "coverage": self.coverage,
            "seconds": self.seconds,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Score:
        return cls(data["mase"], tuple(data["by_distance"]), data["coverage"], data["seconds"])


def filled(values: np.ndarray) -> np.ndarray:
    """Return values (n, O) with each gap replaced by the value before it; those before the first, by the first."""
    known = np.isfinite(values)
    latest = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    rows = np.where(latest < 0, np.argmax(known, axis=0), latest)
    return np.take_along_axis(values, rows, axis=0)


def origins_of(case: Case) -> np.ndarray:
    """Return the rows to forecast from (N,): the last training row and those after it, at most 200, evenly thinned."""
    rows = np.arange(case.train_rows - 1, len(case) - 1)
    if len(rows) > MAX_ORIGINS:
        rows = rows[np.round(np.linspace(0, len(rows) - 1, MAX_ORIGINS)).astype(int)]
    return rows


def targets_of(case: Case, origins: np.ndarray) -> np.ndarray:
    """Return the values 1 to ``horizon`` rows ahead, (N, H, O); NaN where there is none."""
    rows = origins[:, None] + np.arange(1, case.horizon + 1)
    found = case.values[np.minimum(rows, len(case) - 1)]
    return np.where((rows < len(case))[..., None], found, np.nan)


def scales_of(case: Case) -> np.ndarray:
    """Return each value's mean absolute error of the seasonal naive forecast within the training part, (O,)."""
    train = case.values[: case.train_rows]
    before = filled(train)[: -case.period]
    return np.nanmean(np.abs(train[case.period :] - before), axis=0)


def score(case: Case, forecast: Forecast, seconds: float) -> Score:
    """Return scaled errors and coverage of a forecast from ``origins_of(case)``.

    The error at a distance is the mean absolute error over the origins whose target is known, divided by
    ``scales_of(case)``; values count equally, and so do distances.
    """
    targets = targets_of(case, origins_of(case))
    known = np.isfinite(targets)
    if forecast.predictions.shape != targets.shape or not np.isfinite(forecast.predictions).all():
        raise ValueError(
            f"{case.name}: expected finite predictions of shape {targets.shape}, got "
            f"{forecast.predictions.shape}"
        )
    errors = np.abs(forecast.predictions - targets) / scales_of(case)
    by_distance = np.nanmean(np.nanmean(errors, axis=0), axis=1)
    coverage = None
    if forecast.lower is not None and forecast.upper is not None:
        inside = (targets >= forecast.lower) & (targets <= forecast.upper)
        coverage = float(inside[known].mean())
    return Score(float(by_distance.mean()), tuple(map(float, by_distance)), coverage, seconds)
