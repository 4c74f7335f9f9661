"""Both gradients of a depthwise correlation with a stride, on a CPU, without columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.device import Device

from .depthwise import Depthwise
from .geometry import Geometry

BLOCK_BYTES = 1 << 20
"""Size of the maps' gradients, spread out, that are worked on at a time."""


class DepthwiseGradients:
    """The gradients of :class:`.depthwise.Depthwise`, where each channel has one kernel.

    That of the images is the correlation of the maps' gradient, with zeros between its cells so that they are
    as far apart as the stride, with the flipped kernels; that of an element of the kernels is the sum of products
    of the maps' gradient with the cells of the images that the element meets.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        self.device, self.dtype, self.geometry = device, dtype, geometry
        pad = tuple(size - 1 - p for size, p in zip(geometry.extent, geometry.pad, strict=True))
        back = Geometry(geometry.kernel, (1, 1), pad, geometry.dilation)
        self._back = Depthwise(device, dtype, back)

    @staticmethod
    def pays(geometry: Geometry, images: Sequence[int], maps: Sequence[int]) -> bool:
        """Return whether it is possible, and faster than columns: without a stride, they serve both gradients."""
        return (
            len(geometry.kernel) == 2
            and images[1] == maps[1]
            and max(geometry.stride) > 1
            and math.prod(geometry.kernel) > 1
            and all(size > pad for size, pad in zip(geometry.extent, geometry.pad, strict=True))
        )

    def _blocks(self, count: int, plane: int) -> Iterator[slice]:
        step = max(1, BLOCK_BYTES // max(1, plane * self.dtype.itemsize))
        for first in range(0, count, step):
            yield slice(first, min(first + step, count))

    def spread(self, maps: Any, weight: Any, images: Any) -> None:
        """Write the gradient of the images, given that of the maps."""
        (down, across), sizes = self.geometry.stride, maps.shape[2:]
        wide = [(size - 1) * step + 1 for size, step in zip(sizes, (down, across), strict=True)]
        flipped = np.ascontiguousarray(weight[..., ::-1, ::-1])
        for some in self._blocks(len(maps), maps.shape[1] * math.prod(wide)):
            shape = (some.stop - some.start, maps.shape[1], *wide)
            laid = self.device.scratch("depthwise spread", shape, self.dtype)
            laid.fill(0)
            laid[..., ::down, ::across] = maps[some]
            self._back.correlate(laid, flipped, images[some])

    def add_weight_gradient(self, images: Any, maps: Any, gradient: Any) -> None:
        """Add the gradient of the weight, given that of the maps."""
        height, width = (
            max(size + 2 * pad, (count - 1) * step + extent)
            for size, pad, count, step, extent in zip(
                images.shape[2:], self.geometry.pad, maps.shape[2:], self.geometry.stride,
                self.geometry.extent, strict=True,
            )
        )  # fmt: skip
        (top, left), (down, across) = self.geometry.pad, self.geometry.stride
        rows, columns = maps.shape[2:]
        for some in self._blocks(len(maps), images.shape[1] * height * width):
            shape = (some.stop - some.start, images.shape[1], height, width)
            laid = self.device.scratch("depthwise spread", shape, self.dtype)
            laid.fill(0)
            laid[:, :, top : top + images.shape[2], left : left + images.shape[3]] = images[some]
            for i in range(self.geometry.kernel[0]):
                for j in range(self.geometry.kernel[1]):
                    y, x = i * self.geometry.dilation[0], j * self.geometry.dilation[1]
                    cells = laid[
                        ...,
                        y : y + down * (rows - 1) + 1 : down,
                        x : x + across * (columns - 1) + 1 : across,
                    ]
                    gradient[:, 0, i, j] += np.einsum("nchw,nchw->c", cells, maps[some])
