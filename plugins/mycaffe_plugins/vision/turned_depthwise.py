"""Depthwise correlation with kernels of 3 x 3 and both its gradients, with compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.compiled import HOST
from mycaffe_py.device import Device

from . import turned_depthwise_kernels as kernels
from .depthwise_tiles import SIDE, TAPS
from .geometry import Geometry

BAND_BYTES = 96 << 10
"""What is laid out of an image at a time should stay in the processor's second cache."""
MOST_LAID = 8 << 20
"""Bytes of a single row of windows; wide dilations need more."""
_LINE = 64


class TurnedDepthwise:
    """What :class:`.depthwise.Depthwise` computes, and the gradients, where each channel has one kernel of 3 x 3.

    The lanes of the processor's vectors are channels. The gradient of the images is the correlation of that of the
    maps, its cells as far apart as the stride, with the flipped kernels. Arrays must be C-contiguous.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        self.device, self.dtype, self.geometry = device, np.dtype(dtype), geometry
        self._lanes = HOST.width // self.dtype.itemsize
        self._type = (self.dtype.type(0), self.dtype.itemsize)
        self._shapes: tuple[Sequence[int], Sequence[int]] = ((), ())

    @staticmethod
    def fits(geometry: Geometry, images: Sequence[int], maps: Sequence[int]) -> bool:
        """Return whether it can compute that, laying out no more than a few megabytes at a time."""
        extent = zip(geometry.extent, geometry.pad, strict=True)
        wide = images[3] + 2 * geometry.pad[1] + 2 * geometry.extent[1]
        return (
            geometry.kernel == (SIDE, SIDE)
            and images[1] == maps[1]
            and min(*images[2:], *maps[2:]) > 0
            and all(size > pad for size, pad in extent)
            and geometry.extent[0] * wide * HOST.width <= MOST_LAID
        )

    def _reshape(self, images: Any, maps: Any) -> None:
        """Make the plans for these arrays, of maps from images and of images from maps."""
        if self._shapes == (images.shape[2:], maps.shape[2:]):
            return
        geometry, ones = self.geometry, (1, 1)
        back = tuple(
            size - 1 - pad for size, pad in zip(geometry.extent, geometry.pad, strict=True)
        )
        self._to_maps = self._plan(images, maps, geometry.stride, ones, geometry.pad)
        self._to_images = self._plan(maps, images, ones, geometry.stride, back)
        self._shapes = images.shape[2:], maps.shape[2:]

    def _plan(
        self,
        source: Any,
        target: Any,
        step: Sequence[int],
        spread: Sequence[int],
        first: Sequence[int],
    ) -> np.ndarray:
        """Return a plan, see the kernels."""
        (height, width), (rows, columns) = source.shape[2:], target.shape[2:]
        dilation = self.geometry.dilation
        seen = (columns - 1) * step[1] + (SIDE - 1) * dilation[1] + 1
        wide = max(seen, first[1] + (width - 1) * spread[1] + 1)
        left = BAND_BYTES // (wide * HOST.width) - (SIDE - 1) * dilation[0]
        band = min(rows, max(1, left // step[0]))
        plan = (height, width, rows, columns, *step, *spread, *first, *dilation, wide, band)
        return np.array(plan, dtype=np.int64)

    def _memory(self, plan: np.ndarray) -> tuple[list[int], Any]:
        """Return the addresses of what is laid out, of turned rows, of results and of ten vectors; and the array."""
        down, dilation, wide, band, columns = (int(plan[i]) for i in (4, 10, 12, 13, 3))
        rows = (band - 1) * down + (SIDE - 1) * dilation + 1
        counts = [rows * wide, rows * int(plan[1]), band * columns, TAPS, 1]
        size = (sum(counts) + 1) * self._lanes
        array = self.device.scratch("turned depthwise", (size,), self.dtype)
        at = -(-array.ctypes.data // _LINE) * _LINE
        starts = [at + HOST.width * sum(counts[:index]) for index in range(len(counts))]
        return starts, array

    def correlate(self, images: Any, weight: Any, maps: Any, bias: Any = None) -> None:
        """Write the correlation, plus a bias for each channel of the maps."""
        self._reshape(images, maps)
        self._run(self._to_maps, images, weight, False, bias, maps)

    def spread(self, maps: Any, weight: Any, images: Any) -> None:
        """Write the gradient of the images, given that of the maps."""
        self._reshape(images, maps)
        self._run(self._to_images, maps, weight, True, None, images)

    def _run(
        self, plan: np.ndarray, source: Any, weight: Any, backwards: bool, bias: Any, target: Any
    ) -> None:
        starts, _ = self._memory(plan)
        kernels.correlate(
            *self._type, plan, *source.shape[:2], _address(source), _address(weight), backwards,
            0 if bias is None else _address(bias), _address(target), *starts,
        )  # fmt: skip

    def add_weight_gradient(self, images: Any, maps: Any, gradient: Any) -> None:
        """Add the gradient of the weight, given that of the maps."""
        self._reshape(images, maps)
        plan = self._to_maps
        starts, _ = self._memory(plan)
        sums = self.device.scratch("turned depthwise sums", (TAPS, self._lanes), self.dtype)
        totals = self.device.scratch("turned depthwise totals", (TAPS, self._lanes), np.float64)
        kernels.add_products(
            *self._type, plan, *images.shape[:2], _address(images), _address(maps),
            gradient.reshape(-1, TAPS), *starts[:3], sums, totals,
        )  # fmt: skip


def _address(array: Any) -> int:
    if not array.flags.c_contiguous:
        raise ValueError("compiled kernels take C-contiguous arrays")
    return int(array.ctypes.data)
