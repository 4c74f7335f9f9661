"""Depthwise correlation with a compiled kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.device import Device

from . import depthwise_kernels as kernels
from .geometry import Geometry


class CompiledDepthwise:
    """What :class:`.depthwise.Depthwise` computes, one plane of an image at a time.

    Arrays must be C-contiguous, as those of blobs are.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        self.device, self.dtype, self.geometry = device, dtype, geometry
        self._tables: dict[Any, Any] = {}

    def correlate(self, images: Any, weight: Any, maps: Any, bias: Any = None) -> None:
        """Write the correlation, plus a bias for each channel of the maps."""
        weight = weight.reshape(images.shape[1], -1, math.prod(self.geometry.kernel))
        start = np.zeros(weight.shape[:2], dtype=self.dtype)
        if bias is not None:
            start += bias.reshape(start.shape)
        shapes = images.shape[2:], maps.shape[2:]
        if shapes not in self._tables:
            self._tables = {shapes: self._make_tables(*shapes)}
        across, size, tables = self._tables[shapes]
        remainders = math.prod(self.geometry.stride)
        planes, sums = (
            self.device.scratch(name, (count,), self.dtype)
            for name, count in (("depthwise", remainders * size), ("depthwise sum", size))
        )
        planes.fill(0)
        kernels.correlate(images, weight, start, maps, across, planes, sums, *tables)

    def _make_tables(self, image: Sequence[int], windows: Sequence[int]) -> tuple[int, int, Any]:
        """Return the length of a plane's rows, its size, and where rows, columns and kernel elements are."""
        geometry = self.geometry
        (down, across), (top, left) = geometry.stride, geometry.pad
        height, width = (
            count + (kernel - 1) * dilation // stride
            for count, kernel, dilation, stride in zip(
                windows, geometry.kernel, geometry.dilation, geometry.stride, strict=True
            )
        )
        size = height * width

        def row_start(row: int) -> int:
            inside = row // down < height
            return row % down * across * size + row // down * width if inside else -1

        def side(remainder: int) -> tuple[int, int, int]:
            first = (remainder - left) % across
            column = (first + left) // across
            count = min(width - column, -(-(image[1] - first) // across))
            return first, remainder * size + column, count

        rows, columns = (
            range(0, extent, dilation)
            for extent, dilation in zip(geometry.extent, geometry.dilation, strict=True)
        )
        tables = (
            [row_start(row + top) for row in range(image[0])],
            [side(remainder) for remainder in range(across)],
            [row_start(y) + x % across * size + x // across for y in rows for x in columns],
        )
        return width, size, [np.array(table, dtype=np.int64) for table in tables]
