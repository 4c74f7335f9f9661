"""The first pass of kernels on a GPU, compared with the plain path's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_TOLERANCES = {4: (1e-3, 5e-2), 8: (1e-9, 1e-6)}
"""For states and gradients, as shares of their size; by the size of a number. Mistakes are far larger."""
_NOTHING = 1e-30


def difference(plain: Sequence[np.ndarray], own: Sequence[np.ndarray]) -> str | None:
    """Return how much the second pass differs from the first: "" if they agree; None if the first is not finite.

    Both are the states, then gradients. States are compared by the largest difference. Gradients are compared by the
    norm: a unit of ReLU that rounding puts on the other side of 0 changes single ones by any amount.
    """
    forward, backward = _TOLERANCES[plain[0].itemsize]
    for index, (expected, found) in enumerate(zip(plain, own, strict=True)):
        if not np.isfinite(expected).all():
            return None
        size = _norm if index else _largest
        error, scale = size(found.astype(np.float64) - expected), size(expected)
        if not error <= (backward if index else forward) * max(scale, _NOTHING):
            what = "gradients" if index else "states"
            return f"their {what} differ from the plain path's by {error:.3g} of {scale:.3g}"
    return ""


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max())


def _norm(array: np.ndarray) -> float:
    return float(np.sqrt(np.square(array, dtype=np.float64).sum()))
