"""Piecewise linear functions, ELU and SELU."""

from __future__ import annotations

from typing import Any

from .activation import Activation

LARGE = 1 << 13
"""Number of elements from which NumPy's ``clip`` is faster than ``maximum`` with a single number, up to four times."""


def positive_part(xp: Any, z: Any, out: Any, zero: Any = 0.0) -> None:
    """Write max(z, 0); NaN stays NaN."""
    if z.size < LARGE:
        xp.maximum(z, zero, out=out)
    else:
        xp.clip(z, zero, xp.inf, out=out)


def negative_part(xp: Any, z: Any, out: Any) -> None:
    """Write min(z, 0); NaN stays NaN."""
    if z.size < LARGE:
        xp.minimum(z, 0.0, out=out)
    else:
        xp.clip(z, -xp.inf, 0.0, out=out)


class ReLU(Activation):
    """y = z if z > 0, else negative_slope * z; the derivative at 0 is negative_slope."""

    def __init__(self, negative_slope: float = 0.0):
        super().__init__()
        self.negative_slope = float(negative_slope)
        # With a negative slope the sign of y no longer determines the sign of z.
        self.keeps_input = self.negative_slope < 0
        self._kept_zero: Any = None

    def _zero(self, xp: Any, like: Any) -> Any:
        """Return 0 as a 0-d array: NumPy compares with it twice as fast as with Python's 0."""
        kept = self._kept_zero
        if type(kept) is not type(like) or kept.dtype != like.dtype:
            kept = self._kept_zero = xp.zeros((), dtype=like.dtype)
        return kept

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write max(z, 0) + negative_slope * min(z, 0)."""
        if not self.negative_slope:
            positive_part(xp, z, out, self._zero(xp, z))
            return
        (scaled,) = self.scratch(xp, z)
        xp.multiply(z, self.negative_slope, out=scaled)
        (xp.maximum if self.negative_slope <= 1 else xp.minimum)(z, scaled, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy where z > 0, else negative_slope * dy."""
        if not self.negative_slope:
            (above,) = self.scratch(xp, dy, dtype="bool")
            xp.greater(y, self._zero(xp, y), out=above)
            xp.multiply(dy, above, out=out)
            return
        (kept,) = self.scratch(xp, dy)
        xp.multiply(dy, self.negative_slope, out=kept)
        xp.copyto(kept, dy, where=(z if self.keeps_input else y) > 0)
        xp.copyto(out, kept)


class AbsVal(Activation):
    """y = |z|; derivative sign(z), so 0 at 0."""

    keeps_input = True

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write |z|."""
        xp.absolute(z, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * sign(z)."""
        (sign,) = self.scratch(xp, dy)
        xp.sign(z, out=sign)
        xp.multiply(dy, sign, out=out)


class Clip(Activation):
    """y = max(least, min(z, most)); derivative 1 where least <= z <= most, at both ends too, else 0."""

    keeps_input = True

    def __init__(self, minimum: float, maximum: float):
        super().__init__()
        self.minimum, self.maximum = float(minimum), float(maximum)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write max(least, min(z, most))."""
        xp.clip(z, self.minimum, self.maximum, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy where least <= z <= most, else 0."""
        kept, below = self.scratch(xp, dy, 2)
        xp.greater_equal(z, self.minimum, out=kept)
        xp.less_equal(z, self.maximum, out=below)
        xp.multiply(kept, below, out=kept)
        xp.multiply(dy, kept, out=out)


class ELU(Activation):
    """y = z if z > 0, else alpha * (exp(z) - 1); derivative 1 if z > 0, else y + alpha."""

    def __init__(self, alpha: float = 1.0):
        super().__init__()
        self.alpha = float(alpha)
        # With a negative alpha the sign of y no longer determines the sign of z.
        self.keeps_input = self.alpha < 0

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write max(z, 0) + alpha * (exp(min(z, 0)) - 1)."""
        (curve,) = self.scratch(xp, z)
        negative_part(xp, z, curve)
        xp.expm1(curve, out=curve)
        xp.multiply(curve, self.alpha, out=curve)
        positive_part(xp, z, out)
        xp.add(out, curve, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy where z > 0, else dy * (y + alpha)."""
        (kept,) = self.scratch(xp, dy)
        xp.add(y, self.alpha, out=kept)
        xp.multiply(dy, kept, out=kept)
        xp.copyto(kept, dy, where=(z if self.keeps_input else y) > 0)
        xp.copyto(out, kept)


class SELU(Activation):
    """y = scale * z if z > 0, else scale * alpha * (exp(z) - 1); derivative scale if z > 0, else y + scale * alpha."""

    def __init__(self, alpha: float, scale: float):
        super().__init__()
        self._elu, self.scale = ELU(alpha), float(scale)
        # Where the sign of y does not determine the sign of z.
        self.keeps_input = self._elu.keeps_input or self.scale <= 0

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write scale * ELU(z)."""
        self._elu.forward(xp, z, out)
        xp.multiply(out, self.scale, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write scale * dy where z > 0, else dy * (y + scale * alpha)."""
        factor, positive = self.scratch(xp, dy, 2)
        xp.add(y, self.scale * self._elu.alpha, out=factor)
        xp.multiply(dy, factor, out=factor)
        xp.multiply(dy, self.scale, out=positive)
        xp.copyto(factor, positive, where=(z if self.keeps_input else y) > 0)
        xp.copyto(out, factor)
