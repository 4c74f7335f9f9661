"""TimeScales: the time constants of a liquid cell's neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class TimeScales:
    """Time constants of each neuron at each step of one sequence, and how far each step goes."""

    constants: np.ndarray
    """(steps, neurons), above 0; infinite where time has no effect."""
    meaning: str
    """Their formula and meaning, for a label."""
    shares: np.ndarray
    """(steps, neurons), 0 to 1: how far each step goes."""
    share_name: str
    """The meaning of ``shares``, for a label."""


def join_time_scales(scales: Sequence[TimeScales]) -> TimeScales:
    """Join the time scales of cells of one kind whose neurons are side by side."""
    constants, shares = (
        np.concatenate([getattr(one, name) for one in scales], axis=1)
        for name in ("constants", "shares")
    )
    return replace(scales[0], constants=constants, shares=shares)


def inverse_of(rates: np.ndarray) -> np.ndarray:
    """Return 1 / rates, infinite where a rate is 0."""
    rates = rates.astype(np.float64)
    return np.divide(1.0, rates, out=np.full(rates.shape, np.inf), where=rates > 0)
