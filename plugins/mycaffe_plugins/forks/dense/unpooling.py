"""The Unpooling layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import enum_name, positive_setting, require_images
from mycaffe_py.plugins import Only

from .mask import MaskedCells, MaskedLayer

FIELD = "unpooling_param"
_FUSENET = ("output_h", "output_w", "scale")
_MOST_ALONG_AXIS = 1_000_000
"""The most cells of a window along an axis: each is a step of a loop."""
_DECONVNET = ("kernel_size", "kernel_h", "kernel_w", "unpool_size", "unpool_h", "unpool_w")


class Unpooling(MaskedLayer):
    """Puts each element of small images into a window of larger ones: DeconvNet's and FuseNet's forms.

    Bottom x (N, C, h, w) and, for ``unpool: MAX``, perhaps a mask of that shape from the second top of a Pooling layer;
    top y (N, C, H, W), 0 where nothing is put. Along each axis the windows begin at 0, stride, 2 stride, ... and are
    cut off at the border. H x W is ``unpool_size``, or ``unpool_h`` and ``unpool_w``, else along each axis the larger
    of stride (n - 1) + kernel and stride n + 1. MAX: the element goes to the mask's cell, else to the window's first;
    dx = dy there. AVE: each cell gets x / the size of the window; TILE: x; where windows overlap, sums. dx = the sum
    of dy over the window, for AVE divided by its size. The mask has the gradient 0.

    FuseNet's form, with a mask: H x W is ``output_h`` x ``output_w``, or ``scale`` times x's size.
    """

    recordable = True

    type = "Unpooling"
    fork = "DeconvNet, FuseNet"
    group = "pool"
    parameters = (FIELD,)
    conditions = (Only(f"{FIELD}.scale", when="no output_h"),)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read and check the settings."""
        param = self.param.unpooling_param
        self.method = enum_name(param, "unpool")
        self.size: tuple[int, int] | None = None
        self.factor, self.cells = 0, None
        if len(bottom) > 1:
            if self.method != "MAX":
                self.fail(f"a mask is for unpool MAX, not {self.method}", field=f"{FIELD}.unpool")
            self.cells = MaskedCells(self)
        if any(map(param.HasField, _FUSENET)):
            self._fusenet()
            return
        for name in ("pad", "pad_h", "pad_w"):
            if getattr(param, name):
                self.fail(
                    f"{name} is {getattr(param, name)}, but must be 0, as in the fork",
                    field=f"{FIELD}.{name}",
                )
        self.kernel = self._sides("kernel_size", "kernel")
        self.stride = self._sides("stride", "stride", needed=False)
        if param.HasField("unpool_size") or param.HasField("unpool_h"):
            self.size = self._sides("unpool_size", "unpool")

    def _fusenet(self) -> None:
        param = self.param.unpooling_param
        own = next(name for name in _FUSENET if param.HasField(name))
        for name in _DECONVNET:
            if param.HasField(name):
                self.fail(
                    f"{own} is of FuseNet's form of Unpooling, {name} of DeconvNet's: give the settings of one",
                    field=f"{FIELD}.{name}",
                )
        if self.cells is None:
            self.fail(
                f"{own} is for a second bottom, the mask of a Pooling layer", field=f"{FIELD}.{own}"
            )
        if param.HasField("output_h") or param.HasField("output_w"):
            self.size = self._sides("", "output")
        else:
            self.factor = positive_setting(self, FIELD, "scale")

    def _sides(self, single: str, stem: str, *, needed: bool = True) -> tuple[int, int]:
        """Return a setting for both axes, from its single form or its _h and _w form."""
        param, pair = self.param.unpooling_param, [f"{stem}_{side}" for side in "hw"]
        given = [name for name in pair if param.HasField(name)]
        if given and single and param.HasField(single):
            self.fail(
                f"give {single}, or {pair[0]} and {pair[1]}, not both", field=f"{FIELD}.{given[0]}"
            )
        if len(given) == 1:
            self.fail(
                f"{given[0]} is given alone: {pair[0]} and {pair[1]} must be given together",
                field=f"{FIELD}.{given[0]}",
            )
        if not given and needed and not param.HasField(single):
            self.fail(
                f"{single} is missing: give {single}, or {pair[0]} and {pair[1]}", field=FIELD
            )
        first, second = given or [single, single]
        return positive_setting(self, FIELD, first), positive_setting(self, FIELD, second)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Place the windows and shape the top."""
        x = bottom[0]
        require_images(self, x)
        if 0 in x.shape[2:]:
            self.fail(f'bottom "{x.name}" {x.shape} has no cells')
        size = self.size or tuple(self._side(axis, x.shape[2 + axis]) for axis in (0, 1))
        self.image = size[0], size[1]
        for cells, length in zip(self._elements(), size, strict=True):
            if min(cells, length) > _MOST_ALONG_AXIS:
                self.fail(
                    f"windows of {min(cells, length)} cells along an axis are too large: the most are "
                    f"{_MOST_ALONG_AXIS}",
                    field=FIELD,
                )
        top[0].reshape(*x.shape[:2], *self.image)
        if self.cells is not None:
            self.cells.reshape(x, bottom[1], self.image)

    def _side(self, axis: int, count: int) -> int:
        if self.factor:
            return count * self.factor
        stride = self.stride[axis]
        return max(stride * (count - 1) + self.kernel[axis], stride * count + 1)

    def _parts(self, axis: int, count: int, elements: int) -> Iterator[tuple[slice, slice]]:
        """Yield, for each of the windows' first ``elements``, the windows that have it and their cells."""
        stride, size = self.stride[axis], self.image[axis]
        for element in range(min(elements, size)):
            windows = min(count, (size - 1 - element) // stride + 1)
            yield (
                slice(0, windows),
                slice(element, element + stride * (windows - 1) + 1, stride),
            )

    def _shares(self, axis: int, count: int) -> Any:
        """Return 1 / the number of cells of each window along an axis; 0 for windows outside the top."""
        xp, size = self.xp, self.image[axis]
        starts = xp.arange(count, dtype=self.dtype) * self.stride[axis]
        cells = xp.minimum(self.kernel[axis], size - starts)
        return xp.where(cells > 0, 1 / xp.maximum(cells, 1), 0).astype(self.dtype)

    def _elements(self) -> tuple[int, int]:
        return (1, 1) if self.method == "MAX" else self.kernel

    def _weighted(self, values: Any) -> Any:
        """Return ``values`` (N, C, h, w), for AVE divided by the sizes of their windows."""
        if self.method != "AVE":
            return values
        rows, columns = (self._shares(axis, values.shape[2 + axis]) for axis in (0, 1))
        return values * rows[:, None] * columns

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the larger images."""
        x, y = bottom[0].data, top[0].data
        if self.cells is not None:
            self.cells.place(x, y)
            return
        values, (rows, columns) = self._weighted(x), self._elements()
        # Along one axis after the other, since windows are products of ranges.
        tall = self.xp.zeros((*x.shape[:2], self.image[0], x.shape[3]), dtype=self.dtype)
        for windows, cells in self._parts(0, x.shape[2], rows):
            tall[:, :, cells] += values[:, :, windows]
        y.fill(0)
        for windows, cells in self._parts(1, x.shape[3], columns):
            y[..., cells] += tall[..., windows]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of x, and 0 for the mask."""
        if len(bottom) > 1 and propagate_down[1]:
            bottom[1].diff[...] = 0
        if not propagate_down[0]:
            return
        dx, dy = bottom[0].diff, top[0].diff
        if self.cells is not None:
            self.cells.pick(dy, dx)
            return
        rows, columns = self._elements()
        tall = self.xp.zeros((*dx.shape[:2], self.image[0], dx.shape[3]), dtype=self.dtype)
        for windows, cells in self._parts(1, dx.shape[3], columns):
            tall[..., windows] += dy[..., cells]
        dx.fill(0)
        for windows, cells in self._parts(0, dx.shape[2], rows):
            dx[:, :, windows] += tall[:, :, cells]
        if self.method == "AVE":
            self.xp.copyto(dx, self._weighted(dx))
