"""How the values of series are scaled: in float64, around the last observed value, robustly against outliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

OUTLIER = 20.0
"""Differences above this many times the upper quartile of their absolute values count as outliers."""
LIMIT = 30.0
"""What a net sees is cut off at this many spreads."""


@dataclass(frozen=True)
class Scaling:
    """Values to net units and back: (f(value) - f(level)) / spread.

    ``log``: f is the logarithm, with values below ``floor`` counted as ``floor``; else f(value) = value.
    ``spread`` (S, O) of the values to predict by series; ``centre`` and ``deviation`` (C - O,) of the inputs.
    """

    spread: np.ndarray
    centre: np.ndarray
    deviation: np.ndarray
    log: bool = False
    floor: float = 0.0

    @classmethod
    def plain(cls, windows: Any) -> Scaling:
        """Return a scaling that leaves values as they are but for their level; for shapes."""
        inputs = windows.series.values.shape[1] - windows.outputs
        spread = np.ones((windows.series.count, windows.outputs))
        return cls(spread, np.zeros(inputs), np.ones(inputs))

    def transformed(self, values: np.ndarray) -> np.ndarray:
        """Return f(values); NaN stays NaN."""
        return np.log(np.maximum(values, self.floor)) if self.log else values

    def restored(self, relative: np.ndarray, level: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Return values in the data's units: ``relative`` (k, ..., O) in net units, ``level`` (k, ..., O) f(level)."""
        spread = self.spread[series]
        spread = spread.reshape(spread.shape[:1] + (1,) * (relative.ndim - 2) + spread.shape[1:])
        found = level + spread * relative
        if not self.log:
            return found
        with np.errstate(over="ignore"):
            return np.exp(found)

    def remembered(self) -> Mapping[str, np.ndarray]:
        """Return what weights keep: centre and spread of all columns, the values' first (spread of one series)."""
        values = self.spread[0]
        return {
            "centre": np.concatenate([np.zeros(len(values)), self.centre]),
            "spread": np.concatenate([values, self.deviation]),
        }


def robust_size(differences: np.ndarray, threshold: float) -> tuple[float, np.ndarray]:
    """Return the root mean square without outliers, 1 if it is 0, and which differences are outliers.

    Differences of at most ``threshold`` count as 0.
    """
    sizes = np.abs(differences)
    moving = sizes[sizes > threshold]
    if not moving.size:
        return 1.0, np.zeros(len(sizes), dtype=bool)
    outliers = sizes > OUTLIER * float(np.quantile(moving, 0.75))
    kept = sizes[~outliers]
    return float(np.sqrt(np.mean(kept**2))), outliers


def least_change(values: np.ndarray) -> float:
    """Return the change below which values count as constant; a single outlier among them has no effect on it."""
    return 1e-10 * float(np.quantile(np.abs(values), 0.75))


def centre_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Return the centre and the deviation of a column without outliers: mean and root mean square around it.

    Both are rounded so that a sum of two float32 numbers keeps them, as weights do.
    """
    seen = values[np.isfinite(values)]
    if not seen.size:
        return 0.0, 1.0
    middle = float(np.median(seen))
    size, outliers = robust_size(seen - middle, least_change(seen))
    kept = seen[~outliers]
    centre = float(kept.mean())
    size = float(np.sqrt(np.mean((kept - centre) ** 2)))
    return two_floats(centre), two_floats(size if size > 1e-10 * abs(centre) else 1.0) or 1.0


def two_floats(value: float) -> float:
    """Return the nearest sum of two float32 numbers."""
    first = np.float32(value)
    return float(first) + float(np.float32(value - float(first)))
