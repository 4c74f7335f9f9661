"""Correlation of small images with compiled kernels, without columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.compiled import HOST, padded
from mycaffe_py.device import Device

from . import convolution_kernels as kernels
from .geometry import Geometry
from .taps import AxisTaps, Taps, axis_taps

ROWS_BYTES = 24 << 10
"""How much of images and maps a weight's gradient reads again and again: it stays in the processor's first cache."""
_LINE = 64


@dataclass(frozen=True)
class _Side:
    """Images or maps: the channels of a group, that number filled up to whole vectors, width, number of places."""

    channels: int
    columns: int
    width: int
    places: int

    def place(self, images: int) -> int:
        """Return how far apart places are in a block of that many images, as a number of elements."""
        return padded(images * self.columns)


class _Work:
    """One array, divided into parts with names, each at the beginning of a cache line."""

    def __init__(self, array: Any, starts: dict[str, int]):
        skipped = -array.ctypes.data % _LINE // array.itemsize
        self._array, self._starts = array[skipped:], starts
        self._address, self._size = array.ctypes.data + skipped * array.itemsize, array.itemsize

    def __getitem__(self, name: str) -> int:
        """Return the address of a part."""
        return int(self._address + self._starts[name] * self._size)

    def part(self, name: str, count: int) -> Any:
        """Return the beginning of a part as an array."""
        start = self._starts[name]
        return self._array[start : start + count]


class TapCorrelation:
    """What :class:`.correlation.Correlation` computes, for images with two spatial axes on the host.

    Images and maps are turned to [place][image][channel], a block of images at a time, in the device's scratch memory.
    Arrays must be C-contiguous, as those of blobs are.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry, group: int):
        self.device, self.dtype = device, np.dtype(dtype)
        self.geometry, self.group = geometry, group
        self._number, self._size = self.dtype.type(0), self.dtype.itemsize

    def reshape(self, images: Sequence[int], maps: Sequence[int]) -> None:
        """Set the shapes of images and maps, (N, C, H, W) and (N, M, rows, columns)."""
        geometry = self.geometry
        self._images, self._maps = self._side(images), self._side(maps)
        self._taps, self._kernel_width = math.prod(geometry.kernel), geometry.kernel[1]
        sizes = zip(
            images[2:], maps[2:], geometry.kernel, geometry.stride, geometry.pad, geometry.dilation,
            strict=True,
        )  # fmt: skip
        axes = [axis_taps(*axis) for axis in sizes]
        self._to_maps = _tables([axis.of_maps for axis in axes])
        self._to_images = _tables([axis.of_images for axis in axes])
        self._block = self._block_size(images[0])
        self._to_kernel = self._kernel_tables(axes)
        self._divide_memory()

    def _side(self, shape: Sequence[int]) -> _Side:
        channels, lanes = shape[1] // self.group, HOST.width // self._size
        return _Side(channels, -(-channels // lanes) * lanes, shape[3], shape[2] * shape[3])

    def _block_size(self, batch: int) -> int:
        """Return the number of images worked on at a time: blocks of about the same size, in fours, fit the cache."""
        each = self._size * sum(side.places * side.columns for side in (self._images, self._maps))
        blocks = -(-batch // max(4, self.device.cache_bytes // max(1, each)))
        return max(1, -(-batch // max(1, blocks) // 4) * 4)

    def _kernel_tables(self, axes: list[AxisTaps]) -> list[Any]:
        """Return the tables of the weight's gradient, for a few rows of windows after another."""
        down, across = (axis.of_kernel for axis in axes)
        maps, images = self._maps, self._images
        row = maps.width * self._block * self._size * (images.columns + maps.columns)
        rows, height = max(1, ROWS_BYTES // max(1, row)), maps.places // max(1, maps.width)
        starts = range(0, height, rows)
        return [_tables([down.within(start, start + rows), across]) for start in starts]

    def _divide_memory(self) -> None:
        images, maps = self._images, self._maps
        sides = max(images.columns, maps.columns)
        parts = {
            "images": images.places * images.place(self._block),
            "maps": maps.places * maps.place(self._block),
            "weight": self._taps * sides * max(images.channels, maps.channels),
            "start": sides,
            "gradient": self._taps * images.channels * maps.columns,
            "turned": self._taps * images.channels * maps.channels,
        }
        line = _LINE // self._size
        self._starts, self._count = (
            {},
            line,
        )  # a line is lost where the array does not begin with one
        for name, count in parts.items():
            self._starts[name] = self._count - line
            self._count += -(-count // line) * line

    @property
    def working_bytes(self) -> int:
        """How much scratch memory is used, one buffer for all layers."""
        return self._count * self._size

    # The three products.

    def correlate(self, images: Any, weight: Any, maps: Any, bias: Any = None) -> None:
        """Write the correlation, plus a bias for each channel of the maps."""
        sources, targets, work = self._images, self._maps, self._work()
        inner, start = sources.channels * self._taps, work.part("start", targets.columns)
        start.fill(0)
        for group in range(self.group):
            if bias is not None:
                start[: targets.channels] = bias.reshape(self.group, -1)[group]
            kernels.pack_outputs(
                *self._type, targets.channels, inner, self._of_weight(weight, group), work["weight"]
            )
            for first, count in self._blocks(len(images)):
                self._turn(images, group, first, count, work["images"], sources)
                self._sum(
                    self._to_maps, count, work["images"], sources, work, work["maps"], targets
                )
                self._turn_back(maps, group, first, count, work["maps"], targets)

    def spread(self, maps: Any, weight: Any, images: Any) -> None:
        """Write the gradient of the images, given that of the maps: the transpose of :meth:`correlate`."""
        self._gradients(None, maps, weight, None, images)

    def add_weight_gradient(self, images: Any, maps: Any, gradient: Any) -> None:
        """Add the gradient of the weight, given that of the maps."""
        self._gradients(images, maps, None, gradient, None)

    def add_gradients(self, images: Any, maps: Any, weight: Any, gradient: Any, out: Any) -> None:
        """Write the gradient of the images to ``out`` and add that of the weight, given that of the maps."""
        self._gradients(images, maps, weight, gradient, out)

    def correlate_and_add(
        self, images: Any, weight: Any, maps: Any, others: Any, gradient: Any
    ) -> None:
        """Write the correlation, and add the gradient of the weight given ``others`` as that of the maps."""
        self.correlate(images, weight, maps)
        self.add_weight_gradient(images, others, gradient)

    def _gradients(self, images: Any, maps: Any, weight: Any, gradient: Any, out: Any) -> None:
        """Compute one or both gradients, turning the maps once; what is not wanted is None."""
        inputs, outputs, work = self._images, self._maps, self._work()
        work.part("start", inputs.columns).fill(0)
        for group in range(self.group):
            if out is not None:
                kernels.pack_channels(
                    *self._type, outputs.channels, inputs.channels, self._taps,
                    self._of_weight(weight, group), work["weight"],
                )  # fmt: skip
            if gradient is not None:
                work.part("gradient", self._taps * inputs.channels * outputs.columns).fill(0)
            for first, count in self._blocks(len(maps)):
                self._turn(maps, group, first, count, work["maps"], outputs)
                if gradient is not None:
                    self._turn(images, group, first, count, work["images"], inputs)
                    self._add_products(count, work)
                if out is not None:
                    self._sum(
                        self._to_images, count, work["maps"], outputs, work, work["images"], inputs
                    )
                    self._turn_back(out, group, first, count, work["images"], inputs)
            if gradient is not None:
                self._add_total(work, gradient, group)

    # Internals: addresses and sizes for the kernels.

    @property
    def _type(self) -> tuple[Any, int]:
        return self._number, self._size

    def _work(self) -> _Work:
        return _Work(self.device.scratch("taps", (self._count,), self.dtype), self._starts)

    def _blocks(self, batch: int) -> Iterator[tuple[int, int]]:
        """Return the first image of each block and their number."""
        for first in range(0, batch, self._block):
            yield first, min(self._block, batch - first)

    def _of_weight(self, weight: Any, group: int) -> int:
        return _address(weight) + group * (weight.size // self.group) * self._size

    def _of_block(self, array: Any, group: int, first: int, side: _Side) -> tuple[int, int]:
        """Return the address of a group's channels of an image, and how far apart images are."""
        channels = side.channels * side.places * self._size
        return _address(array) + (first * self.group + group) * channels, self.group * channels

    def _turn(self, array: Any, group: int, first: int, count: int, room: int, side: _Side) -> None:
        at, image = self._of_block(array, group, first, side)
        kernels.turn_images(
            *self._type, count, side.channels, side.places, at, image, room,
            side.place(count) * self._size, side.columns,
        )  # fmt: skip

    def _turn_back(
        self, array: Any, group: int, first: int, count: int, room: int, side: _Side
    ) -> None:
        at, image = self._of_block(array, group, first, side)
        kernels.turn_back(
            *self._type, count, side.channels, side.places, room, side.place(count) * self._size,
            side.columns, at, image,
        )  # fmt: skip

    def _sum(
        self, tables: Any, count: int, x: int, given: _Side, work: _Work, y: int, wanted: _Side
    ) -> None:
        """Write the targets of a block of ``count`` images, which are the rows; inner are the source's channels."""
        size = self._size
        kernels.sum_taps(
            *self._type, *tables, count, given.channels, wanted.columns,
            x, given.width, given.place(count) * size, given.columns * size, size,
            work["weight"], self._kernel_width, 0, 0, self._taps, work["start"], 0, 0,
            y, wanted.place(count) * size, wanted.columns * size,
        )  # fmt: skip

    def _add_products(self, count: int, work: _Work) -> None:
        """Add a block's part of the weight's gradient (inputs, taps, columns): rows are inputs, inner are images."""
        inputs, outputs, size = self._images, self._maps, self._size
        total, row = work["gradient"], outputs.columns * size
        for tables in self._to_kernel:
            kernels.sum_taps(
                *self._type, *tables, inputs.channels, count, outputs.columns,
                work["images"], inputs.width, inputs.place(count) * size, size, inputs.columns * size,
                work["maps"], outputs.width, outputs.place(count) * size, row, 0,
                total, row, self._taps * row, total, row, self._taps * row,
            )  # fmt: skip

    def _add_total(self, work: _Work, gradient: Any, group: int) -> None:
        inputs, outputs, size = self._images, self._maps, self._size
        inner = inputs.channels * self._taps
        kernels.turn(
            *self._type, inner, outputs.channels, work["gradient"], outputs.columns * size,
            work["turned"], inner * size,
        )  # fmt: skip
        target = gradient.reshape(self.group, -1)[group]
        np.add(target, work.part("turned", target.size), out=target)


def _tables(axes: list[Taps]) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]]:
    """Return the tables of both axes and the steps of both indices: down and across of one, then of the other."""
    down, across = axes
    steps = (down.steps[0], across.steps[0], down.steps[1], across.steps[1])
    return down.table, across.table, steps


def _address(array: Any) -> int:
    if not array.flags.c_contiguous:
        raise ValueError("compiled kernels take C-contiguous arrays")
    return int(array.ctypes.data)
