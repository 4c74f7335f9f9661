"""Powers of which a learning rate is made."""

from __future__ import annotations

import math


def power(base: float, exponent: float) -> float:
    """Return ``base ** exponent``; infinity where it is too large for a float, or 0 to a negative power."""
    try:
        return base**exponent
    except (OverflowError, ZeroDivisionError):
        return math.inf


def logistic(z: float) -> float:
    """Return 1 / (1 + exp(-z)), exact in both tails."""
    small = math.exp(-abs(z))
    return (1.0 if z >= 0 else small) / (1.0 + small)
