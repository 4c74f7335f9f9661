"""Running means of gradients and of their squares, and steps scaled by the root of the latter."""

from __future__ import annotations

from typing import Any


def update_mean(xp: Any, mean: Any, values: Any, decay: float, scratch: Any) -> None:
    """Compute mean = decay mean + (1 - decay) values; ``scratch`` may be ``values``."""
    xp.multiply(values, 1.0 - decay, scratch)
    xp.multiply(mean, decay, mean)
    xp.add(mean, scratch, mean)


def update_mean_square(xp: Any, mean: Any, values: Any, decay: float, scratch: Any) -> None:
    """Compute mean = decay mean + (1 - decay) values^2; ``scratch`` may be ``values``."""
    xp.multiply(values, values, scratch)
    update_mean(xp, mean, scratch, decay, scratch)


def divide_by_root(
    xp: Any, gradient: Any, square: Any, delta: float, rate: float, scratch: Any
) -> None:
    """Compute gradient = rate gradient / (sqrt(square) + delta)."""
    xp.sqrt(square, scratch)
    xp.add(scratch, delta, scratch)
    xp.divide(gradient, scratch, gradient)
    xp.multiply(gradient, rate, gradient)
