"""The logistic function, tanh and related functions, whose derivative follows from y alone."""

from __future__ import annotations

from typing import Any, ClassVar

from .activation import Activation


def sigmoid(xp: Any, z: Any, out: Any) -> Any:
    """Write 1 / (1 + exp(-z)) into ``out`` (may be ``z``); no overflow for any ``z``."""
    xp.multiply(z, 0.5, out=out)
    xp.tanh(out, out=out)
    xp.multiply(out, 0.5, out=out)
    return xp.add(out, 0.5, out=out)


def softplus(xp: Any, z: Any, out: Any, scratch: Any) -> Any:
    """Write log(1 + exp(z)) into ``out`` (may be ``z``, not ``scratch``); no overflow for any ``z``.

    As max(z, 0) + log(1 + exp(-|z|)): far faster than NumPy's logaddexp.
    """
    xp.absolute(z, out=scratch)
    xp.negative(scratch, out=scratch)
    xp.exp(scratch, out=scratch)
    xp.log1p(scratch, out=scratch)
    xp.maximum(z, 0.0, out=out)
    return xp.add(out, scratch, out=out)


class TanH(Activation):
    """y = tanh(z); derivative 1 - y^2."""

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write tanh(z)."""
        xp.tanh(z, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (1 - y^2)."""
        (product,) = self.scratch(xp, dy)
        xp.multiply(y, y, out=product)
        xp.multiply(product, dy, out=product)
        xp.subtract(dy, product, out=out)


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-z)); derivative y * (1 - y)."""

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write 1 / (1 + exp(-z))."""
        sigmoid(xp, z, out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (y - y^2)."""
        (slope,) = self.scratch(xp, dy)
        xp.multiply(y, y, out=slope)
        xp.subtract(y, slope, out=slope)
        xp.multiply(dy, slope, out=out)


class LeCun(Activation):
    """y = 1.7159 * tanh(0.666 * z); the CfC authors' 0.666, not 2/3. Derivative from y alone."""

    amplitude: ClassVar[float] = 1.7159
    rate: ClassVar[float] = 0.666

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write 1.7159 * tanh(0.666 * z)."""
        xp.multiply(z, self.rate, out=out)
        xp.tanh(out, out=out)
        xp.multiply(out, self.amplitude, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * 0.666 * (1.7159 - y^2 / 1.7159)."""
        (slope,) = self.scratch(xp, dy)
        xp.multiply(y, y, out=slope)
        xp.multiply(slope, -self.rate / self.amplitude, out=slope)
        xp.add(slope, self.rate * self.amplitude, out=slope)
        xp.multiply(dy, slope, out=out)


class SoftPlus(Activation):
    """y = log(1 + exp(z)), without overflow; derivative sigmoid(z) = 1 - exp(-y)."""

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write log(1 + exp(z))."""
        softplus(xp, z, out, *self.scratch(xp, z))

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (1 - exp(-y))."""
        (slope,) = self.scratch(xp, dy)
        xp.negative(y, out=slope)
        xp.expm1(slope, out=slope)
        xp.negative(slope, out=slope)
        xp.multiply(dy, slope, out=out)
