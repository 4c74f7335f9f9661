"""Inputs times a smooth gate of themselves: Swish, SiLU, Mish, Serf and GELU."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from .activation import Activation
from .error_function import erf
from .sigmoids import sigmoid, softplus

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)
_INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
_DENSITY_LIMIT = 27.0  # exp(-27^2) is negligible, and larger squares might overflow


class Swish(Activation):
    """y = z * s with s = sigmoid(beta * z); derivative s + beta * y * (1 - s)."""

    keeps_input = True

    def __init__(self, beta: float = 1.0):
        super().__init__()
        self.beta = float(beta)

    def _gate(self, xp: Any, z: Any, out: Any) -> None:
        if self.beta != 1:
            z = xp.multiply(z, self.beta, out=out)
        sigmoid(xp, z, out)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * sigmoid(beta * z)."""
        (gate,) = self.scratch(xp, z)
        self._gate(xp, z, gate)
        xp.multiply(z, gate, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (s + beta * (y - y * s))."""
        gate, slope = self.scratch(xp, dy, 2)
        self._gate(xp, z, gate)
        xp.multiply(y, gate, out=slope)
        xp.subtract(y, slope, out=slope)
        if self.beta != 1:
            xp.multiply(slope, self.beta, out=slope)
        xp.add(slope, gate, out=slope)
        xp.multiply(dy, slope, out=out)


class SiLU(Swish):
    """y = z * s with s = sigmoid(z): Swish with beta 1."""

    def __init__(self) -> None:
        super().__init__()


class Mish(Activation):
    """y = z * t with t = tanh(log(1 + exp(z))); derivative t + z * (1 - t^2) * sigmoid(z)."""

    keeps_input = True

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * tanh(log(1 + exp(z)))."""
        gate, rest = self.scratch(xp, z, 2)
        self._gate(xp, z, gate, rest)
        xp.multiply(z, gate, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (t + z * sigmoid(z) * (1 - t^2))."""
        gate, slope, rest = self.scratch(xp, dy, 3)
        self._gate(xp, z, gate, rest)
        xp.multiply(gate, gate, out=rest)
        xp.subtract(1.0, rest, out=rest)
        sigmoid(xp, z, slope)
        xp.multiply(slope, z, out=slope)
        xp.multiply(slope, rest, out=slope)
        xp.add(slope, gate, out=slope)
        xp.multiply(dy, slope, out=out)

    @staticmethod
    def _gate(xp: Any, z: Any, out: Any, scratch: Any) -> None:
        softplus(xp, z, out, scratch)
        xp.tanh(out, out=out)


class Serf(Activation):
    """y = z * e with e = erf(u), u = log(1 + exp(z)).

    The derivative is e + z * sigmoid(z) * exp(-u^2) * 2 / sqrt(pi).
    """

    keeps_input = True

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * erf(log(1 + exp(z)))."""
        gate, *others = self.scratch(xp, z, 4)
        softplus(xp, z, gate, others[0])
        erf(xp, gate, gate, others)
        xp.multiply(z, gate, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (e + z * sigmoid(z) * exp(-u^2) * 2 / sqrt(pi))."""
        slope, gate, *others = self.scratch(xp, dy, 5)
        softplus(xp, z, gate, others[0])
        erf(xp, gate, slope, others)
        density = others[0]
        xp.minimum(gate, _DENSITY_LIMIT, out=gate)
        xp.multiply(gate, gate, out=gate)
        xp.negative(gate, out=gate)
        xp.exp(gate, out=gate)
        sigmoid(xp, z, density)
        xp.multiply(density, gate, out=density)
        xp.multiply(density, z, out=density)
        xp.multiply(density, _TWO_OVER_SQRT_PI, out=density)
        xp.add(slope, density, out=slope)
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
