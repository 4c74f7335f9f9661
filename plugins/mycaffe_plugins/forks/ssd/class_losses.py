"""The losses of classes that MultiBoxLoss and its choice of negatives share."""

from __future__ import annotations

from typing import Any

from mycaffe_plugins.common import SMALLEST_PROBABILITY
from mycaffe_py.functions import sigmoid, softmax, softplus


def softmax_losses(xp: Any, scores: Any, labels: Any) -> tuple[Any, Any]:
    """Return -log(max(p_label, 1.18e-38)) of each row of ``scores`` (K, C), and p - [c == label], its gradient."""
    gradient = xp.empty_like(scores)
    softmax(xp, scores, 1, gradient, xp.empty_like(scores[:, :1]))
    rows = xp.arange(len(labels))
    chosen = gradient[rows, labels]
    gradient[rows, labels] = chosen - 1
    return -xp.log(xp.maximum(chosen, SMALLEST_PROBABILITY)), gradient


def logistic_losses(xp: Any, scores: Any, targets: Any) -> tuple[Any, Any]:
    """Return the sum of each row's cross entropies of ``scores`` (K, C) against 0 and 1, and its gradient.

    A cross entropy is log(1 + exp(x)) - x * target, its gradient sigmoid(x) - target.
    """
    costs, gradient = xp.empty_like(scores), xp.empty_like(scores)
    softplus(xp, scores, costs, gradient)
    xp.subtract(costs, scores * targets, out=costs)
    sigmoid(xp, scores, gradient)
    xp.subtract(gradient, targets, out=gradient)
    return xp.sum(costs, axis=1), gradient
