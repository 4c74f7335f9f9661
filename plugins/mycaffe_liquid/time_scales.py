"""TimeScales: how fast the neurons of a liquid cell move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class TimeScales:
    """Time constants of each neuron at each step of one sequence, and what the spans make of them."""

    constants: np.ndarray
    """(steps, neurons), above 0; infinite where time has no effect."""
    meaning: str
    """Their formula, and what happens in that time."""
    shares: np.ndarray
    """(steps, neurons), 0 to 1: how far each step goes."""
    share_name: str
    """What ``shares`` are."""


def beside(scales: Sequence[TimeScales]) -> TimeScales:
    """Return the time scales of cells of one kind whose neurons stand side by side."""
    constants, shares = (
        np.concatenate([getattr(one, name) for one in scales], axis=1)
        for name in ("constants", "shares")
    )
    return replace(scales[0], constants=constants, shares=shares)


def inverse_of(rates: np.ndarray) -> np.ndarray:
    """Return 1 / rates, infinite where a rate is 0."""
    rates = rates.astype(np.float64)
    return np.divide(1.0, rates, out=np.full(rates.shape, np.inf), where=rates > 0)
