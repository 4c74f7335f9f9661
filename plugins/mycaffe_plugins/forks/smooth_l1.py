"""The smooth L1 function: a square near 0, a line farther out; for every loss that is made of it."""

from __future__ import annotations

from typing import Any


def smooth_l1(xp: Any, d: Any, steepness: float, out: Any, scratch: Any) -> None:
    """Write s d^2 / 2 where |d| < 1 / s, |d| - 1 / (2 s) elsewhere; s is ``steepness``, Fast R-CNN's sigma^2.

    ``out`` and ``scratch`` are arrays like ``d``, none of them the same.
    """
    xp.absolute(d, out=out)
    xp.minimum(out, 1 / steepness, out=scratch)
    xp.multiply(out, scratch, out=out)
    xp.multiply(scratch, scratch, out=scratch)
    xp.multiply(scratch, 0.5, out=scratch)
    xp.subtract(out, scratch, out=out)
    xp.multiply(out, steepness, out=out)


def smooth_l1_slope(xp: Any, d: Any, steepness: float, out: Any) -> None:
    """Write the derivative, s d between -1 and 1, to ``out``, which may be ``d``."""
    xp.multiply(d, steepness, out=out)
    xp.clip(out, -1, 1, out=out)
