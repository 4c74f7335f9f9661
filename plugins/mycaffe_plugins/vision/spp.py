"""The SPP layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, enum_name, require_images

from .pool_methods import pool_method
from .pool_windows import PoolAxis, PoolWindows

FIELD = "spp_param"
MAX_LEVELS = 16


class SPP(Layer):
    """Spatial pyramid pooling: the same number of values for images of any size.

    Bottom x (N, C, H, W). Level l of ``pyramid_height`` pools 2^l by 2^l windows: kernel = stride =
    ceil(size / 2^l), pad = floor((kernel 2^l - size + 1) / 2), by the rules of Pooling. Top: the levels concatenated,
    (N, sum of C rows columns); with a single level, the pooled (N, C, 1, 1). dx = the sum of the levels'
    gradients.
    """

    recordable = True

    type = "SPP"
    group = "pool"
    parameters = ("spp_param",)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        param = self.param.spp_param
        self.levels, self.method_name = param.pyramid_height, enum_name(param, "pool")
        if not 1 <= self.levels <= MAX_LEVELS:
            self.fail(
                f"pyramid_height is {self.levels}, but must be from 1 to {MAX_LEVELS}",
                field=f"{FIELD}.pyramid_height",
            )
        self._image: tuple[int, ...] = ()

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Place the windows of each level and size the top."""
        shape = bottom[0].shape
        require_images(self, bottom[0])
        if shape[2:] != self._image:
            if 0 in shape[2:]:
                self.fail(f'bottom "{bottom[0].name}" {shape} has no cells')
            self.methods = [self._level(bottom[0], level) for level in range(self.levels)]
            self._image = shape[2:]
        sizes = [method.windows.shape for method in self.methods]
        if self.levels == 1:
            top[0].reshape(*shape[:2], *sizes[0])
        else:
            top[0].reshape(shape[0], shape[1] * sum(rows * columns for rows, columns in sizes))

    def _level(self, bottom: Blob, level: int) -> Any:
        bins = 2**level
        axes = []
        for size in bottom.shape[2:]:
            kernel = -(-size // bins)
            pad = (kernel * bins - size + 1) // 2
            if pad >= kernel or (pad and self.method_name == "STOCHASTIC"):
                why = (
                    f"a window of {kernel} would lie in the padding of {pad}"
                    if pad >= kernel
                    else "with STOCHASTIC they must divide evenly"
                )
                self.fail(
                    f'level {level} has {bins} windows for the {size} cells of bottom "{bottom.name}" '
                    f"{bottom.shape}: {why}",
                    field=f"{FIELD}.pyramid_height",
                )
            axes.append(PoolAxis(size, kernel, kernel, pad))
        return pool_method(
            self.method_name, self.phase, PoolWindows(self.device, self.dtype, *axes)
        )

    def _parts(self, shape: tuple[int, ...]) -> list[tuple[Any, slice, tuple[int, ...]]]:
        """Return (method, columns of the top, shape of the pooled images) of each level."""
        parts, start = [], 0
        for method in self.methods:
            rows, columns = method.windows.shape
            stop = start + shape[1] * rows * columns
            parts.append((method, slice(start, stop), (*shape[:2], rows, columns)))
            start = stop
        return parts

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Pool each level."""
        x, y = bottom[0].data, top[0].data
        y = y.reshape(len(y), math.prod(y.shape[1:]))
        for method, part, shape in self._parts(bottom[0].shape):
            pooled = self.device.scratch("spp level", shape, self.dtype)
            method.forward(x, pooled)
            self.xp.copyto(y[:, part], pooled.reshape(shape[0], part.stop - part.start))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add up the gradients of all levels."""
        if not propagate_down[0]:
            return
        x, dx, dy = bottom[0].data, bottom[0].diff, top[0].diff
        dy = dy.reshape(len(dy), math.prod(dy.shape[1:]))
        gradient = self.device.scratch("spp gradient", dx.shape, self.dtype)
        dx.fill(0)
        for method, part, shape in self._parts(bottom[0].shape):
            pooled = self.device.scratch("spp level", shape, self.dtype)
            self.xp.copyto(pooled, dy[:, part].reshape(shape))
            method.backward(x, pooled, gradient)
            self.xp.add(dx, gradient, out=dx)
