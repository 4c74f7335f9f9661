"""Functions with flat ends, of light nets: ReLU6, HardSigmoid and HardSwish."""

from __future__ import annotations

from typing import Any

from .activation import Activation
from .rectifiers import negative_part


class ReLU6(Activation):
    """y = min(max(z, 0), most) + slope * min(z, 0); derivative 1 if 0 < z < most, slope if z <= 0, else 0."""

    def __init__(self, most: float = 6.0, slope: float = 0.0):
        super().__init__()
        self.most, self.slope = float(most), float(slope)
        # With a negative slope the sign of y no longer determines the sign of z.
        self.keeps_input = self.slope < 0

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write the clipped values."""
        if not self.slope:
            xp.clip(z, 0.0, self.most, out=out)
            return
        (below,) = self.scratch(xp, z)
        negative_part(xp, z, below)
        xp.multiply(below, self.slope, out=below)
        xp.clip(z, 0.0, self.most, out=out)
        xp.add(out, below, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy where 0 < z < most, slope * dy where z <= 0, else 0."""
        source = z if self.keeps_input else y
        factor, within = self.scratch(xp, dy, 2)
        xp.less_equal(source, 0.0, out=factor)
        xp.less(source, self.most, out=within)
        # Each is 0 or 1, and what is not above 0 is below most: 1 - 0, 1 - 1 and 0 - 0 in the three parts.
        xp.subtract(within, factor, out=within)
        xp.multiply(factor, self.slope, out=factor)
        xp.add(within, factor, out=factor)
        xp.multiply(dy, factor, out=out)


class HardSigmoid(Activation):
    """y = min(max(slope * z + offset, 0), 1); derivative slope where 0 < y < 1, else 0."""

    def __init__(self, slope: float, offset: float):
        super().__init__()
        self.slope, self.offset = float(slope), float(offset)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write min(max(slope * z + offset, 0), 1)."""
        xp.multiply(z, self.slope, out=out)
        xp.add(out, self.offset, out=out)
        xp.clip(out, 0.0, 1.0, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write slope * dy where 0 < y < 1, else 0."""
        factor, below = self.scratch(xp, dy, 2)
        xp.greater(y, 0.0, out=factor)
        xp.less(y, 1.0, out=below)
        xp.multiply(factor, below, out=factor)
        xp.multiply(factor, self.slope, out=factor)
        xp.multiply(dy, factor, out=out)


class HardSwish(Activation):
    """y = z * g with g = min(max(z + 3, 0), 6) / 6; derivative g + z / 6 where -3 < z < 3, else g."""

    keeps_input = True

    def _gate(self, xp: Any, z: Any, out: Any) -> None:
        xp.add(z, 3.0, out=out)
        xp.clip(out, 0.0, 6.0, out=out)
        xp.multiply(out, 1 / 6, out=out)

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write z * min(max(z + 3, 0), 6) / 6."""
        (gate,) = self.scratch(xp, z)
        self._gate(xp, z, gate)
        xp.multiply(z, gate, out=out)

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * (g + z / 6 within (-3, 3))."""
        gate, slope = self.scratch(xp, dy, 2)
        xp.absolute(z, out=slope)
        xp.less(slope, 3.0, out=slope)
        xp.multiply(slope, z, out=slope)
        xp.multiply(slope, 1 / 6, out=slope)
        self._gate(xp, z, gate)
        xp.add(slope, gate, out=slope)
        xp.multiply(dy, slope, out=out)
