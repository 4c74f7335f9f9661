"""Which sequences of a training set are held out for its validation, and how much each one counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.seeding import named_generator

from .arrays import column, place

_FEWEST = 3


def held_out(count: int, share: float, seed: int, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the rows (sorted) that are held out: ``share`` of all, at random, of each of the ``labels`` alike.

    A class keeps at least one row for the training. None are held out if they would be fewer than 3.
    """
    order = named_generator(seed, "series", "validation").permutation(count)
    groups = (
        [order] if labels is None else [order[labels[order] == one] for one in np.unique(labels)]
    )
    chosen = [rows[: min(round(share * len(rows)), len(rows) - 1)] for rows in groups]
    found = np.sort(np.concatenate(chosen))
    return found if len(found) >= _FEWEST else found[:0]


def checked_weights(sample_weight: Any, rows: int) -> np.ndarray | None:
    """Return the weight of each sample, (rows,), or None; raises DataError for what cannot be one."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, int | float):
        sample_weight = np.full(rows, sample_weight)
    weights = column(sample_weight, "sample_weight", rows)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        (sample,) = place(wrong)
        raise DataError(f"sample_weight[{sample}] is {weights[sample]:g}, expected 0 or more")
    if not weights.any():
        raise DataError("sample_weight is zero for every sample: nothing is left to learn from")
    return weights
