"""The pooling methods of Pooling and SPP, on windows of images (N, C, H, W)."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import TRAIN

from .pool_indices import PoolIndices
from .pool_windows import PoolWindows

LOWEST = -3.4028234663852886e38
"""Caffe's initial maximum, the lowest float32 number; the value of a window without cells."""


class PoolMethod:
    """Base: pooling and its gradient; created for each image size."""

    def __init__(self, windows: PoolWindows):
        self.windows, self.xp = windows, windows.xp

    def forward(self, x: Any, y: Any) -> None:
        """Write the value of each window."""
        raise TypeError(f"{type(self).__name__} does not define forward()")

    def backward(self, x: Any, dy: Any, dx: Any) -> None:
        """Write the gradient of x; the top's values may have been overwritten since forward."""
        raise TypeError(f"{type(self).__name__} does not define backward()")


class MaxPool(PoolMethod):
    """y = the maximum; dx goes to the first cell, row by row, that has it."""

    def __init__(self, windows: PoolWindows):
        super().__init__(windows)
        self.indices = PoolIndices(windows)

    def forward(self, x: Any, y: Any) -> None:
        """Write the maxima."""
        kernels = self.windows.kernels
        if kernels is not None and kernels.fit(x, y):
            kernels.maxima(x, y, LOWEST)
        else:
            self.windows.reduce(self.xp.maximum, x, y, LOWEST)

    def _elements(self, x: Any, y: Any) -> Any:
        def matches(number: int, windows: Any, cells: Any, out: Any) -> None:
            self.xp.equal(x[cells], y[windows], out=out)

        elements = self.windows.scratch("pool elements", y, self.indices.dtype)
        self.indices.find_first(elements, matches)
        return elements

    def mask(self, x: Any, y: Any, out: Any) -> None:
        """Write h * W + w of each maximum, given the maxima; -1 for a window without cells."""
        height, width = self.windows.height, self.windows.width
        out[...] = self.indices.cells(self._elements(x, y))
        out[:, :, height.filled :] = -1
        out[..., width.filled :] = -1

    def backward(self, x: Any, dy: Any, dx: Any) -> None:
        """Find the maxima again and give each its gradient."""
        kernels = self.windows.kernels
        if kernels is not None and kernels.fit(x, dy, dx):
            kernels.maxima_gradient(x, dy, dx)
            return
        y = self.windows.scratch("pool values", dy)
        self.forward(x, y)
        self.indices.spread(self._elements(x, y), dy, dx)


class AveragePool(PoolMethod):
    """y = sum / size of the window, where the size includes padding; dx = the sum of dy / size."""

    def forward(self, x: Any, y: Any) -> None:
        """Write the averages."""
        kernels = self.windows.kernels
        if kernels is not None and kernels.fit(x, y):
            kernels.averages(x, y)
            return
        self.windows.reduce(self.xp.add, x, y)
        self.xp.multiply(y, self.windows.inverse_sizes(), out=y)

    def backward(self, x: Any, dy: Any, dx: Any) -> None:
        """Distribute each gradient over its window."""
        kernels = self.windows.kernels
        if kernels is not None and kernels.fit(dy, dx):
            kernels.averages_gradient(dy, dx)
            return
        shares = self.windows.scratch("pool values", dy)
        self.xp.multiply(dy, self.windows.inverse_sizes(), out=shares)
        self.windows.spread(shares, dx)


class DrawnPool(PoolMethod):
    """y = one cell drawn with a probability proportional to its value; dx goes to that cell.

    It is the first cell, row by row, up to which the sum is at least r times the total, with r from U[0, 1).
    A window with a negative sum may have none: it gives 0 and passes no gradient on.
    """

    def __init__(self, windows: PoolWindows):
        super().__init__(windows)
        self.indices = PoolIndices(windows)
        self._drawn: Any = None

    def forward(self, x: Any, y: Any) -> None:
        """Draw the cells and write their values."""
        xp, device = self.xp, self.windows.device
        if self._drawn is None or self._drawn.shape != y.shape:
            self._drawn = xp.empty(y.shape, dtype=self.indices.dtype)
        limit, running = (self.windows.scratch(f"pool {name}", y) for name in ("limit", "running"))
        total = self._sum(x, running)
        device.fill_uniform(limit)
        xp.multiply(limit, total, out=limit)
        running.fill(0)
        y.fill(0)

        def matches(number: int, windows: Any, cells: Any, out: Any) -> None:
            xp.add(running[windows], x[cells], out=running[windows])
            xp.greater_equal(running[windows], limit[windows], out=out)

        self.indices.find_first(self._drawn, matches)
        for number, part in enumerate(self.windows.parts()):
            if part is not None:
                windows, cells = (..., *part[0]), (..., *part[1])
                xp.copyto(y[windows], x[cells], where=self._drawn[windows] == number)

    def _sum(self, x: Any, total: Any) -> Any:
        """Write the sum of each window, added in the order of the draw, so that the running sum reaches it."""
        total.fill(0)
        for part in filter(None, self.windows.parts()):
            windows, cells = (..., *part[0]), (..., *part[1])
            self.xp.add(total[windows], x[cells], out=total[windows])
        return total

    def backward(self, x: Any, dy: Any, dx: Any) -> None:
        """Give each drawn cell its gradient."""
        gradient = self.windows.scratch("pool values", dy)
        self.xp.multiply(dy, self._drawn < self.windows.elements, out=gradient)
        self.indices.spread(self._drawn, gradient, dx)


class ExpectedPool(PoolMethod):
    """y = sum of x^2 / sum of x, the mean of DrawnPool's; 0 where the sum is not above 0.

    dx = the sum over the windows of dy (2 x - y) / sum.
    """

    def _values(self, x: Any, y: Any) -> Any:
        """Write y; return, as scratch, the divisors: infinite where the sum is not above 0."""
        xp, windows = self.xp, self.windows
        squares, total = windows.scratch("pool squares", x), windows.scratch("pool running", y)
        xp.multiply(x, x, out=squares)
        windows.reduce(xp.add, squares, y)
        windows.reduce(xp.add, x, total)
        xp.copyto(total, xp.inf, where=total <= 0)
        xp.divide(y, total, out=y)
        return total

    def forward(self, x: Any, y: Any) -> None:
        """Write the expected values."""
        self._values(x, y)

    def backward(self, x: Any, dy: Any, dx: Any) -> None:
        """Write the derivative of the quotient."""
        xp, windows = self.xp, self.windows
        y = windows.scratch("pool values", dy)
        share = self._values(x, y)
        xp.divide(dy, share, out=share)
        xp.multiply(y, share, out=y)
        twice = windows.scratch("pool squares", x)
        windows.spread(share, twice)
        xp.multiply(twice, x, out=twice)
        xp.multiply(twice, 2, out=twice)
        windows.spread(y, dx)
        xp.subtract(twice, dx, out=dx)


def pool_method(name: str, phase: int, windows: PoolWindows) -> PoolMethod:
    """Return the method of PoolingParameter's or SPPParameter's ``pool``."""
    if name == "STOCHASTIC":
        return (DrawnPool if phase == TRAIN else ExpectedPool)(windows)
    return {"MAX": MaxPool, "AVE": AveragePool}[name](windows)
