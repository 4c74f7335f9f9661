"""Functions and their derivatives, elementwise but for softmax: one place for each formula.

Layers and recurrent cells share these. Everything is written with ``xp`` (NumPy or CuPy) and
``out=``, so that a training step allocates nothing: an activation keeps its working memory for the
last shape. Use one instance for each place in a net, not one for several shapes in turn.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)
_INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)

# erf(x) = 1 - exp(-x P(x) / Q(x)) for x >= 0: (limit, P, Q), highest power first, from
# tools/fit_erf.py. Beyond the limit erf is 1 to the last bit. All coefficients are positive, so
# nothing cancels.
_ERF_FLOAT64 = (
    6.0,
    (0.00011746699276853462, 0.0033345289349494397, 0.034626436147780534, 0.1980848867288234,
     0.7147938248417824, 1.7034970551877415, 2.657473799328646, 2.516359904521574,
     1.1283791670955126),
    (0.00011748815589188356, 0.0033320908508401212, 0.03407190405614236, 0.1870778934578823,
     0.6278236434376403, 1.3241749203282642, 1.6658763179689935, 1.0),
)  # fmt: skip
_ERF_FLOAT32 = (
    4.0,
    (0.037153260183495455, 0.2801641312916576, 0.9133936697820307, 1.5167321486998275,
     1.1283791673214678),
    (0.037169122513119573, 0.27833752826883, 0.7799793102982924, 1.0),
)  # fmt: skip


def _horner(xp: Any, x: Any, coefficients: tuple[float, ...], out: Any) -> None:
    first, second, *others = coefficients
    xp.multiply(x, first, out=out)
    xp.add(out, second, out=out)
    for coefficient in others:
        xp.multiply(out, x, out=out)
        xp.add(out, coefficient, out=out)


def erf(xp: Any, x: Any, out: Any = None, scratch: Any = None) -> Any:
    """Return the error function of an array, right to a few units in the last place.

    ``out`` may be ``x``; ``scratch`` is three arrays shaped like ``x``.
    """
    out = xp.empty(x.shape, dtype=x.dtype) if out is None else out
    if scratch is None:
        scratch = [xp.empty(x.shape, dtype=x.dtype) for _ in range(3)]
    magnitude, numerator, denominator = scratch
    limit, p, q = _ERF_FLOAT32 if x.dtype == np.float32 else _ERF_FLOAT64
    xp.absolute(x, out=magnitude)
    xp.minimum(magnitude, limit, out=magnitude)
    _horner(xp, magnitude, p, numerator)
    _horner(xp, magnitude, q, denominator)
    xp.multiply(numerator, magnitude, out=numerator)
    xp.divide(numerator, denominator, out=numerator)
    xp.negative(numerator, out=numerator)
    xp.expm1(numerator, out=numerator)
    return xp.copysign(numerator, x, out=out)


def sigmoid(xp: Any, z: Any, out: Any) -> Any:
    """Write 1 / (1 + exp(-z)) into ``out`` (may be ``z``); no overflow for any ``z``."""
    xp.multiply(z, 0.5, out=out)
    xp.tanh(out, out=out)
    xp.multiply(out, 0.5, out=out)
    return xp.add(out, 0.5, out=out)


def softmax(xp: Any, z: Any, axis: int, out: Any, row: Any) -> None:
    """Write exp(z) / sum(exp(z)) along ``axis`` into ``out`` (may be ``z``), without overflow.

    ``row`` is working memory shaped like ``z``, but of size 1 along the axis.
    """
    if not z.size:
        return
    xp.max(z, axis=axis, out=row, keepdims=True)
    xp.subtract(z, row, out=out)
    xp.exp(out, out=out)
    xp.sum(out, axis=axis, out=row, keepdims=True)
    xp.divide(out, row, out=out)


class Activation:
    """y = f(z), elementwise."""

    keeps_input: bool = False
    """Whether the derivative needs z; if not, y is enough."""

    def __init__(self):
        self._scratch: tuple[Any, ...] = ()

    def scratch(self, xp: Any, like: Any, count: int = 1) -> tuple[Any, ...]:
        """Return ``count`` working arrays like ``like``, the same ones for as long as they fit."""
        kept = self._scratch
        if (
            len(kept) < count
            or kept[0].shape != like.shape
            or kept[0].dtype != like.dtype
            or type(kept[0]) is not type(like)
        ):
            kept = tuple(xp.empty(like.shape, dtype=like.dtype) for _ in range(count))
            self._scratch = kept
        return kept[:count]

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write f(z) into ``out``, which may be ``z``."""
        raise TypeError(f"{type(self).__name__} does not define forward()")

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * f'(z) into ``out``, which may be ``dy``; z is read only if ``keeps_input``."""
        raise TypeError(f"{type(self).__name__} does not define backward()")


class ReLU(Activation):
    """y = z if z > 0, else negative_slope * z; the derivative at 0 is negative_slope."""

    def __init__(self, negative_slope: float = 0.0):
        super().__init__()
        self.negative_slope = float(negative_slope)
        # With a negative slope the sign of y no longer tells the sign of z.
        self.keeps_input = self.negative_slope < 0
        self._zero: Any = None

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write max(z, 0) + negative_slope * min(z, 0)."""
        if not self.negative_slope:
            # An array of no axes: NumPy compares with it twice as fast as with Python's 0.
            if type(self._zero) is not type(z) or self._zero.dtype != z.dtype:
                self._zero = xp.zeros((), dtype=z.dtype)
            xp.maximum(z, self._zero, out=out)
            return
        (scaled,) = self.scratch(xp, z)
        xp.multiply(z, self.negative_slope, out=scaled)
        (xp.maximum if self.negative_slope <= 1 else xp.minimum)(z, scaled, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy where z > 0, else negative_slope * dy."""
        (kept,) = self.scratch(xp, dy)
        if not self.negative_slope:
            xp.sign(y, out=kept)
            xp.multiply(dy, kept, out=out)
            return
        xp.multiply(dy, self.negative_slope, out=kept)
        xp.copyto(kept, dy, where=(z if self.keeps_input else y) > 0)
        xp.copyto(out, kept)


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


class SiLU(Activation):
    """y = z * s with s = sigmoid(z); derivative s + y * (1 - s)."""

    keeps_input = True

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * sigmoid(z)."""
        (gate,) = self.scratch(xp, z)
        sigmoid(xp, z, gate)
        xp.multiply(z, gate, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (s + y - y * s)."""
        gate, slope = self.scratch(xp, dy, 2)
        sigmoid(xp, z, gate)
        xp.multiply(y, gate, out=slope)
        xp.subtract(y, slope, out=slope)
        xp.add(slope, gate, out=slope)
        xp.multiply(dy, slope, out=out)


class GELU(Activation):
    """y = z * Phi(z), Phi the standard normal distribution; derivative Phi(z) + z * phi(z)."""

    keeps_input = True

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * (1 + erf(z / sqrt(2))) / 2."""
        scaled, *others = self.scratch(xp, z, 4)
        self._distribution(xp, z, scaled, others)
        xp.multiply(z, scaled, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (Phi(z) + z * exp(-z^2 / 2) / sqrt(2 pi))."""
        slope, *others = self.scratch(xp, dy, 4)
        self._distribution(xp, z, slope, others)
        density = others[0]
        xp.multiply(z, z, out=density)
        xp.multiply(density, -0.5, out=density)
        xp.exp(density, out=density)
        xp.multiply(density, _INVERSE_SQRT_2PI, out=density)
        xp.multiply(density, z, out=density)
        xp.add(slope, density, out=slope)
        xp.multiply(dy, slope, out=out)

    @staticmethod
    def _distribution(xp: Any, z: Any, out: Any, scratch: Any) -> None:
        xp.multiply(z, _SQRT_HALF, out=out)
        erf(xp, out, out, scratch)
        xp.add(out, 1.0, out=out)
        xp.multiply(out, 0.5, out=out)


class GELUTanh(Activation):
    """Approximate GELU: y = z * (1 + tanh(u)) / 2 with u = sqrt(2/pi) * (z + 0.044715 z^3)."""

    keeps_input = True
    _cubic: ClassVar[float] = 0.044715 * _SQRT_2_OVER_PI

    def _tanh(self, xp: Any, z: Any, square: Any, out: Any) -> None:
        xp.multiply(square, self._cubic, out=out)
        xp.add(out, _SQRT_2_OVER_PI, out=out)
        xp.multiply(out, z, out=out)
        xp.tanh(out, out=out)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * (1 + tanh(u)) / 2."""
        square, tanh = self.scratch(xp, z, 2)
        xp.multiply(z, z, out=square)
        self._tanh(xp, z, square, tanh)
        xp.add(tanh, 1.0, out=tanh)
        xp.multiply(tanh, 0.5, out=tanh)
        xp.multiply(z, tanh, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (1 + t + z * (1 - t^2) * du/dz) / 2 with t = tanh(u)."""
        slope, tanh, rest = self.scratch(xp, dy, 3)
        xp.multiply(z, z, out=slope)
        self._tanh(xp, z, slope, tanh)
        xp.multiply(slope, 3.0 * self._cubic, out=slope)
        xp.add(slope, _SQRT_2_OVER_PI, out=slope)
        xp.multiply(slope, z, out=slope)
        xp.multiply(tanh, tanh, out=rest)
        xp.subtract(1.0, rest, out=rest)
        xp.multiply(slope, rest, out=slope)
        xp.add(slope, tanh, out=slope)
        xp.add(slope, 1.0, out=slope)
        xp.multiply(slope, 0.5, out=slope)
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
        xp.logaddexp(z, 0.0, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (1 - exp(-y))."""
        (slope,) = self.scratch(xp, dy)
        xp.negative(y, out=slope)
        xp.expm1(slope, out=slope)
        xp.negative(slope, out=slope)
        xp.multiply(dy, slope, out=out)
