"""Scaling by the training data: what a net learns from has centre 0 and spread 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_QUARTILES_OF_NORMAL = 1.349
_HUNDREDTHS_OF_NORMAL = 4.653
"""The distance of the quartiles, and of the 1st and the 99th hundredth, of a normal distribution of spread 1."""


@dataclass(frozen=True)
class Scaling:
    """``(values - center) / scale`` for each column, in float64; both (columns,)."""

    center: np.ndarray
    scale: np.ndarray

    @classmethod
    def none(cls, columns: int) -> Scaling:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(columns), np.ones(columns))

    @classmethod
    def of(cls, values: np.ndarray) -> Scaling:
        """Return the scaling of the columns of (rows, columns); NaN is left out.

        The centre is the median. The spread is the larger of two robust ones, of the quartiles and of the 1st and 99th
        hundredth, so that rare outliers do not matter and values that are mostly equal do not become huge;
        if both are 0 it is the standard deviation, and 1 for a column that is constant or has no value.
        """
        found = [_of_column(column[~np.isnan(column)]) for column in values.T]
        return cls(*np.array(found, np.float64).reshape(-1, 2).T.copy())

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return values (..., columns), scaled."""
        scaled: np.ndarray = (values - self.center) / self.scale
        return scaled

    def undo(self, scaled: np.ndarray) -> np.ndarray:
        """Return values in their own unit."""
        values: np.ndarray = scaled * self.scale + self.center
        return values


def _of_column(values: np.ndarray) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, first, center, last, high = np.percentile(values, (1, 25, 50, 75, 99))
    robust = max((last - first) / _QUARTILES_OF_NORMAL, (high - low) / _HUNDREDTHS_OF_NORMAL)
    smallest = max(np.abs(values).max() * 1e-14, 1e-300)  # below it, differences are rounding
    spread = robust if robust > smallest else values.std()
    return float(center), float(spread) if spread > smallest else 1.0
