"""The Interp layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.device import require_memory
from mycaffe_py.layer import Cost, Layer, Work, require_images

FIELD = "interp_param"


class Interp(Layer):
    """Resizes images by bilinear interpolation whose corners are those of the image: DeepLab's and PSPNet's.

    Bottom x (N, C, h, w), top y (N, C, H, W). ``pad_beg`` and ``pad_end``, negative or 0, cut off so many rows and
    columns at either end first; of what is left, n cells along an axis, row i of the top is x at position
    i (n - 1) / (H - 1), between its two neighbours; 0 if H is 1. The size, by the first of: ``shrink_factor`` s alone,
    (n - 1) / s + 1 rounded down; ``zoom_factor`` z alone, n + (n - 1)(z - 1); ``height`` and ``width``; both factors,
    shrinking first. dx = dy, divided among the neighbours.
    """

    recordable = True

    type = "Interp"
    fork = "DeepLab, PSPNet"
    group = "shape"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the settings."""
        param = self.param.interp_param
        if param.interp_type != "bilinear":
            self.fail(
                f'interp_type is "{param.interp_type}", but must be "bilinear"',
                field=f"{FIELD}.interp_type",
            )
        for name in ("pad_beg", "pad_end"):
            if getattr(param, name) > 0:
                self.fail(
                    f"{name} is {getattr(param, name)}, but must be 0 or negative: it only cuts off",
                    field=f"{FIELD}.{name}",
                )
        for name in ("shrink_factor", "zoom_factor", "height", "width"):
            if param.HasField(name) and getattr(param, name) < 1:
                self.fail(
                    f"{name} is {getattr(param, name)}, but must be at least 1",
                    field=f"{FIELD}.{name}",
                )
        factors = param.HasField("shrink_factor") or param.HasField("zoom_factor")
        if not factors and not (param.HasField("height") and param.HasField("width")):
            self.fail(
                "the top's size is missing: give height and width, zoom_factor or shrink_factor",
                field=FIELD,
            )
        self.begin, self.end = -param.pad_beg, -param.pad_end
        self._shape: tuple[int, ...] = ()
        self.sizes: list[int] = []

    def _size(self, count: int, name: str) -> int:
        """Return the top's size along an axis for ``count`` cells."""
        param = self.param.interp_param
        shrinks, zooms = param.HasField("shrink_factor"), param.HasField("zoom_factor")
        both = param.HasField("height") and param.HasField("width")
        if both and shrinks == zooms:
            return int(getattr(param, name))
        if shrinks:
            count = (count - 1) // param.shrink_factor + 1
        return count + (count - 1) * (param.zoom_factor - 1) if zooms else count

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top."""
        x = bottom[0]
        require_images(self, x)
        if x.shape[2:] == self._shape:
            top[0].reshape(*x.shape[:2], *self.sizes)
            return
        left = [size - self.begin - self.end for size in x.shape[2:]]
        if min(left) < 1:
            self.fail(
                f'nothing is left of bottom "{x.name}" {x.shape} after cutting off {self.begin} and {self.end}',
                field=f"{FIELD}.{'pad_beg' if self.begin else 'pad_end'}",
            )
        self.sizes = [
            self._size(count, name) for count, name in zip(left, ("height", "width"), strict=True)
        ]
        top[0].reshape(*x.shape[:2], *self.sizes)
        self._shape, self._tables = x.shape[2:], None

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of a weighted mean of four for each element."""
        work = Work(
            8.0 * top[0].count, float(self.dtype.itemsize * (bottom[0].count + top[0].count))
        )
        return Cost((work,), (work,) if propagate_down[0] else ())

    _tables: Any = None

    def _axes(self) -> list[tuple[Any, Any, Any, Any]]:
        """Return for both axes: lower and upper neighbour, the upper one's share, and the matrix of both shares."""
        if self._tables is None:
            self._tables = [self._axis(*pair) for pair in zip(self._shape, self.sizes, strict=True)]
        return self._tables

    def _axis(self, count: int, size: int) -> tuple[Any, Any, Any, Any]:
        require_memory(self.dtype.itemsize * count * size, f"the {size} x {count} weights")
        last, steps = count - self.begin - self.end - 1, max(size - 1, 1)
        # In whole numbers: a position on a cell has no share of the next one.
        places = np.arange(size, dtype=np.int64) * (last if size > 1 else 0)
        lower, share = places // steps, (places % steps) / steps
        upper = np.minimum(lower + 1, last)
        matrix = np.zeros((size, count), dtype=self.dtype)
        rows = np.arange(size)
        np.add.at(matrix, (rows, lower + self.begin), 1 - share)
        np.add.at(matrix, (rows, upper + self.begin), share)
        return (
            self.device.asarray(lower + self.begin),
            self.device.asarray(upper + self.begin),
            self.device.asarray(share, dtype=self.dtype),
            self.device.asarray(matrix),
        )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the resized images."""
        xp, x = self.xp, bottom[0].data
        (low, high, down, _), (left, right, across, _) = self._axes()
        # Gathered, not multiplied by the matrices: infinity and NaN stay where they are.
        rows = _between(xp, xp.take(x, low, axis=2), xp.take(x, high, axis=2), down[:, None])
        found = _between(xp, xp.take(rows, left, axis=3), xp.take(rows, right, axis=3), across)
        xp.copyto(top[0].data, found)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of x: two products with the transposed weights."""
        if not propagate_down[0] or not bottom[0].count:
            return
        (*_, down), (*_, across) = self._axes()
        planes = bottom[0].shape[0] * bottom[0].shape[1]
        dy = top[0].diff.reshape(planes, *self.sizes)
        dx = bottom[0].diff.reshape(planes, *self._shape)
        rows = self.xp.matmul(dy.reshape(-1, self.sizes[1]), across)
        self.xp.matmul(down.T, rows.reshape(planes, self.sizes[0], -1), out=dx)


def _between(xp: Any, first: Any, second: Any, share: Any) -> Any:
    """Return first + (second - first) share, overwriting ``second``; exactly ``first`` where share is 0."""
    xp.subtract(second, first, out=second)
    xp.multiply(second, share, out=second)
    xp.copyto(second, 0, where=share == 0)
    return xp.add(first, second, out=second)
