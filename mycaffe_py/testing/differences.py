"""Derivatives by differences, and what to make of one that disagrees with backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Outputs = Callable[[], Sequence[np.ndarray]]
"""Runs forward and returns copies of the outputs."""

_SMALLER = (1.0, 0.1, 0.01)
"""Steps tried, as parts of the given one: with a smaller one, an input lies on one side of a kink."""


def central_difference(
    outputs: Outputs, weights: Sequence[np.ndarray], data: Any, index: Any, step: float
) -> float:
    """Return the derivative of the weighted sum of the outputs with respect to ``data[index]``.

    The difference is taken output by output, before they are added up: outputs that do not change
    then add no rounding errors.
    """
    above, below = _moved(outputs, data, index, step), _moved(outputs, data, index, -step)
    return _weighted(weights, above, below) / (2 * step)


def _moved(outputs: Outputs, data: Any, index: Any, by: float) -> Sequence[np.ndarray]:
    kept = data[index]
    data[index] = kept + by
    try:
        return outputs()
    finally:
        data[index] = kept


def _weighted(
    weights: Sequence[np.ndarray], above: Sequence[np.ndarray], below: Sequence[np.ndarray]
) -> float:
    total = 0.0
    for weight, high, low in zip(weights, above, below, strict=True):
        counted = weight != 0  # other outputs may be anything, also infinite
        total += float(np.vdot(weight[counted], high[counted] - low[counted]))
    return total


def nearest_difference(
    outputs: Outputs,
    weights: Sequence[np.ndarray],
    data: Any,
    index: Any,
    derivative: float,
    close: Callable[[float], bool],
    step: float,
) -> float:
    """Return the central difference that is nearest to ``derivative``, trying smaller steps until one is ``close``."""
    found: list[float] = []
    for part in _SMALLER:
        found.append(central_difference(outputs, weights, data, index, part * step))
        if close(found[-1]):
            break
    return min(found, key=lambda value: abs(value - derivative))


def slopes(
    outputs: Outputs, weights: Sequence[np.ndarray], data: Any, index: Any, step: float
) -> tuple[float, float]:
    """Return the derivatives to the left and to the right of ``data[index]``."""
    here = outputs()
    left = _weighted(weights, here, _moved(outputs, data, index, -step)) / step
    right = _weighted(weights, _moved(outputs, data, index, step), here) / step
    return left, right
