"""Which training rows are learned from, and which samples validate what was learned."""

from __future__ import annotations

import numpy as np

from .judging import Places, some_distances, thinned
from .windows import Windows

ORIGINS, DISTANCES = 150, 12
"""How many rows forecasts are judged from, and at how many distances from each, at most."""
_FEWEST, _FEWEST_LATER = 24, 4
"""The least number of rows to learn from before the validation, and of rows that validate."""


def splits_of(windows: Windows, share: float) -> np.ndarray:
    """Return the first row of the validation of each series, (S,): the last ``share`` of its training part."""
    starts, ends = windows.series.starts, windows.train_ends
    return np.asarray(ends - (share * (ends - starts)).astype(int))


def are_enough(windows: Windows, splits: np.ndarray) -> bool:
    """Whether there are enough rows before ``splits`` to learn from, and after them to validate."""
    rows, own = np.arange(len(windows.series)), windows.which
    later = windows.partly & (rows >= splits[own]) & (rows < windows.train_ends[own])
    earlier = windows.partly & (rows > windows.first[own]) & (rows < splits[own])
    return bool(earlier.sum() >= _FEWEST and later.sum() >= _FEWEST_LATER)


def validation_places(windows: Windows, splits: np.ndarray) -> Places:
    """Return the samples that look from the row before the validation, or from one in it, to a later one."""
    rows, own = np.arange(len(windows.series)), windows.which
    begins = np.maximum(splits - 1, windows.first)
    origins = rows[(rows >= begins[own]) & (rows < windows.train_ends[own] - 1)]
    origins = thinned(origins, ORIGINS)
    distances = some_distances(int(windows.param.horizon), DISTANCES)
    distances = distances[distances >= windows.param.least_horizon]
    return Places.every(origins, distances, windows.train_ends[windows.which[origins]])
