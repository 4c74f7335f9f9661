"""SphereFace's margins: what takes the place of cos(t) for an item's own class, t being its angle to the class."""

from __future__ import annotations

from typing import Any

MARGINS = {"SINGLE": 1, "DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}
"""The factors m of the angle, by their names in the settings."""


def margin(xp: Any, c: Any, factor: int) -> tuple[Any, Any, Any]:
    """Return f(c), and how much the gradient of |x| f goes along the weight and along x, of any length.

    f(cos t) = (-1)^k cos(m t) - 2 k, k being the number of half turns of m t: it falls over all of 0 to pi.
    ``c`` holds cosines; with x w = |x| c, the gradient of |x| f by x is f'(c) w + (f - c f'(c)) x / |x|.
    The fork's coefficient along x is the latter but for its divisor.
    """
    if factor == 2:
        turn = xp.sign(c)
        value, slope = 2 * turn * c * c - 1, 4 * turn * c
    elif factor == 3:
        turn = xp.sign(xp.absolute(c) - 0.5)
        rest = xp.sign(c) * (1 + turn) - 2
        value, slope = turn * (4 * c * c * c - 3 * c) + rest, turn * (12 * c * c - 3)
    else:
        square = c * c
        turn = xp.sign(c) * xp.sign(2 * square - 1)
        rest = 2 * xp.sign(c) + turn - 3
        value = turn * (8 * square * square - 8 * square + 1) + rest
        slope = turn * (32 * square * c - 16 * c)
    return value, slope, value - c * slope
