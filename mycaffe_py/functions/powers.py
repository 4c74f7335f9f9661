"""Powers, exponentials and logarithms of scale * z + shift."""

from __future__ import annotations

from typing import Any

from .activation import Activation


class _OfLine(Activation):
    """Base of functions of the straight line scale * z + shift."""

    def __init__(self, scale: float, shift: float):
        super().__init__()
        self.scale, self.shift = float(scale), float(shift)

    def line(self, xp: Any, z: Any, out: Any) -> Any:
        """Return scale * z + shift: ``z`` itself if that is the same, else ``out``."""
        if self.scale == 1 and not self.shift:
            return z
        xp.multiply(z, self.scale, out=out)
        return xp.add(out, self.shift, out=out) if self.shift else out


class Exp(_OfLine):
    """y = exp(scale * z + shift); derivative scale * y."""

    def __init__(self, scale: float = 1.0, shift: float = 0.0):
        super().__init__(scale, shift)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write exp(scale * z + shift)."""
        xp.exp(self.line(xp, z, out), out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * scale * y."""
        (slope,) = self.scratch(xp, dy)
        xp.multiply(y, self.scale, out=slope)
        xp.multiply(dy, slope, out=out)


class Log(_OfLine):
    """y = factor * log(scale * z + shift); derivative factor * scale / (scale * z + shift)."""

    keeps_input = True

    def __init__(self, factor: float = 1.0, scale: float = 1.0, shift: float = 0.0):
        super().__init__(scale, shift)
        self.factor = float(factor)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write factor * log(scale * z + shift)."""
        xp.log(self.line(xp, z, out), out=out)
        if self.factor != 1:
            xp.multiply(out, self.factor, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * factor * scale / (scale * z + shift)."""
        (slope,) = self.scratch(xp, dy)
        xp.divide(self.factor * self.scale, self.line(xp, z, slope), out=slope)
        xp.multiply(dy, slope, out=out)


class Power(_OfLine):
    """y = (scale * z + shift)^power; derivative power * scale * (scale * z + shift)^(power - 1).

    Where power * scale is 0, y is the number 1 (power 0) or shift^power, and the derivative 0.
    """

    def __init__(self, power: float = 1.0, scale: float = 1.0, shift: float = 0.0):
        super().__init__(scale, shift)
        self.power = float(power)
        self.is_constant = self.power * self.scale == 0
        self.keeps_input = not self.is_constant and self.power != 1

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write (scale * z + shift)^power."""
        if self.is_constant:
            out[...] = self.shift**self.power if self.power else 1.0
        else:
            _raise(xp, self.line(xp, z, out), self.power, out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * power * scale * (scale * z + shift)^(power - 1)."""
        if self.is_constant:
            out[...] = 0
        elif self.power == 1:
            xp.multiply(dy, self.scale, out=out)
        else:
            (slope,) = self.scratch(xp, dy)
            _raise(xp, self.line(xp, z, slope), self.power - 1, slope)
            xp.multiply(slope, self.power * self.scale, out=slope)
            xp.multiply(dy, slope, out=out)


def _raise(xp: Any, base: Any, power: float, out: Any) -> None:
    """Write base^power into ``out`` (may be ``base``), avoiding the slow pow() for common powers."""
    if power == 1:
        if base is not out:
            xp.copyto(out, base)
    elif power == 2:
        xp.multiply(base, base, out=out)
    elif power == 0.5:
        xp.sqrt(base, out=out)
    elif power == -1:
        xp.divide(1.0, base, out=out)
    else:
        xp.power(base, power, out=out)
