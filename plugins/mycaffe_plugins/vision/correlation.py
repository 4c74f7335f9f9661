"""Correlation of images with kernels, and its two gradients: the basis of Convolution and Deconvolution."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.compiled import in_use
from mycaffe_py.device import Device

from .depthwise import Depthwise
from .depthwise_gradients import DepthwiseGradients
from .geometry import Geometry
from .windows import Windows

MAX_BYTES, MAX_BYTES_OF_GPU = 32 << 20, 1 << 30
"""Size limits of the column buffer, beyond which a batch is processed in parts."""
MIN_COLUMNS = 512
"""Minimum number of columns for fast matrix products, even if the matrix exceeds the cache."""
DEPTHWISE_PLACES = 200
"""Number of windows from which :class:`Depthwise` is faster than a product for each channel, as measured."""
IMAGE_BYTES, IMAGE_COLUMNS = 8 << 20, 1024
"""A single image is processed in parts on a CPU if its columns need more bytes, but with at least so many columns."""


@dataclass(frozen=True)
class Part:
    """Some images, with all of their windows or, if it is a single image, some along the first spatial axis."""

    images: slice
    windows: slice

    def of_maps(self, maps: Any) -> Any:
        """Return the part's share of maps (N, M, *windows)."""
        return maps[self.images, :, self.windows] if maps.ndim > 2 else maps[self.images]

    def columns_shape(self, channels: int, kernel: Sequence[int], windows: Sequence[int]) -> Any:
        """Return (C, *kernel, n, *windows) for the part."""
        count = self.images.stop - self.images.start
        some = (self.windows.stop - self.windows.start, *windows[1:]) if windows else ()
        return (channels, *kernel, count, *some)


class Correlation:
    """maps[n, m] = sum over c of images[n, c] correlated with weight[m, c], as a matrix product.

    ``images`` are (N, C, *spatial), ``maps`` (N, M, *windows), ``weight`` (M, C / group, *kernel); the channels
    of each group see those of the same group only. The windows of several images together form the columns of a
    matrix [C prod(kernel), n prod(windows)] in the device's scratch memory; the weight is the other factor.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry, group: int):
        self.device, self.xp, self.dtype = device, device.xp, dtype
        self.geometry, self.group = geometry, group
        self.windows = Windows(device, dtype, geometry)
        self.depthwise: Any = None
        self.gradients: Any = None
        self._shapes: tuple[Sequence[int], ...] = ()

    def reshape(self, images: Sequence[int], maps: Sequence[int]) -> None:
        """Set the shapes of images and maps."""
        if self._shapes == (images, maps):
            return
        self._shapes = images, maps
        self.channels, self.maps_channels = images[1], maps[1]
        self.places = math.prod(maps[2:])
        self.windows.reshape(images[2:], maps[2:])
        self.depthwise = self._depthwise()
        self.gradients = self._gradients()
        self.rows = self.channels * math.prod(self.geometry.kernel)
        self.part = self._part_size(images[0])
        self.at_once = self._at_once()

    def _depthwise(self) -> Any:
        """Return the faster way without a product, if there is one."""
        alone = self.channels == self.group > 1 and len(self.geometry.kernel) == 2
        if alone and self.places and in_use(self.device):
            from .choosing_depthwise import compiled_depthwise

            return compiled_depthwise(self.device, self.dtype, self.geometry, *self._shapes)
        if alone and self.places >= DEPTHWISE_PLACES and self.device.is_host:
            return Depthwise(self.device, self.dtype, self.geometry)
        return None

    def _part_size(self, batch: int) -> int:
        """Return the number of images processed at once."""
        size = max(1, self.rows * self.places * self.dtype.itemsize)
        part = (MAX_BYTES_OF_GPU if self.device.is_gpu else MAX_BYTES) // size
        if self.device.cache_bytes:
            enough = -(-MIN_COLUMNS // max(1, self.places))
            # If each element is a window, a single image needs no copy.
            fits = 1 if self.geometry.pointwise else self.device.cache_bytes // size
            part = min(part, max(enough, fits))
        parts = -(-batch // max(1, part))
        return -(-batch // max(1, parts))

    def _at_once(self) -> int:
        """Return the number of windows along the first spatial axis processed at once."""
        windows = self.windows.windows
        if not windows or self.part > 1 or not self.places:
            return windows[0] if windows else 1
        bytes_each = max(1, self.rows * self.dtype.itemsize)
        columns = MAX_BYTES // bytes_each
        if self.device.cache_bytes:
            columns = max(IMAGE_BYTES // bytes_each, min(columns, IMAGE_COLUMNS))
        if self.geometry.pointwise:
            columns = self.places  # which need no memory
        parts = -(-self.places // max(1, columns))
        return -(-windows[0] // min(parts, windows[0]))

    def _gradients(self) -> Any:
        """Return the faster way to both gradients, if there is one."""
        if hasattr(self.depthwise, "spread"):
            return self.depthwise
        alone = self.channels == self.group > 1 and self.places > 0 and self.device.is_host
        if alone and DepthwiseGradients.pays(self.geometry, *self._shapes):
            return DepthwiseGradients(self.device, self.dtype, self.geometry)
        return None

    def correlate(self, images: Any, weight: Any, maps: Any, bias: Any = None) -> None:
        """Write the correlation, plus a bias for each channel of the maps."""
        if self.depthwise is not None:
            self.depthwise.correlate(images, weight, maps, bias)
            return
        matrix = self._weight_matrix(weight)
        if bias is not None:
            bias = bias.reshape(-1, *(1,) * (maps.ndim - 2))
        for part in self._parts(len(images)):
            self._write_maps(matrix, self._gather(images, part), part.of_maps(maps), bias)

    def spread(self, maps: Any, weight: Any, images: Any) -> None:
        """Write the gradient of the images, given that of the maps: the transpose of :meth:`correlate`."""
        if self.gradients is not None:
            self.gradients.spread(maps, weight, images)
            return
        matrix = self._weight_matrix(weight).swapaxes(1, 2)
        for part in self._parts(len(images)):
            found = images[part.images]
            if part.windows == slice(0, self.at_once) and self._is_divided:
                found.fill(0)  # each part adds to it
            columns = self._columns(part)
            self.xp.matmul(matrix, self._rows(part.of_maps(maps)), out=self._by_group(columns))
            self.windows.scatter(columns, found, part.windows.start)

    def add_weight_gradient(self, images: Any, maps: Any, gradient: Any) -> None:
        """Add the gradient of the weight, given that of the maps."""
        if self.gradients is not None:
            self.gradients.add_weight_gradient(images, maps, gradient)
            return
        total = None
        for part in self._parts(len(images)):
            total = self._add_product(total, self._gather(images, part), part.of_maps(maps))
        self._add_total(total, gradient)

    def add_gradients(self, images: Any, maps: Any, weight: Any, gradient: Any, out: Any) -> None:
        """Write the gradient of the images to ``out`` and add that of the weight, given that of the maps."""
        self.add_weight_gradient(images, maps, gradient)
        self.spread(maps, weight, out)

    def correlate_and_add(
        self, images: Any, weight: Any, maps: Any, others: Any, gradient: Any
    ) -> None:
        """Write the correlation, and add the gradient of the weight given ``others`` as that of the maps.

        The windows are gathered once for both.
        """
        if self.gradients is not None:
            self.correlate(images, weight, maps)
            self.add_weight_gradient(images, others, gradient)
            return
        matrix, total = self._weight_matrix(weight), None
        for part in self._parts(len(images)):
            columns = self._gather(images, part)
            self._write_maps(matrix, columns, part.of_maps(maps))
            total = self._add_product(total, columns, part.of_maps(others))
        self._add_total(total, gradient)

    # Internals.

    @property
    def _is_divided(self) -> bool:
        """Whether a single image is processed in parts."""
        return self.at_once < self._windows_along_first

    @property
    def _windows_along_first(self) -> int:
        return self.windows.windows[0] if self.windows.windows else 1

    def _parts(self, count: int) -> Iterator[Part]:
        windows = self._windows_along_first
        for start in range(0, count, max(1, self.part)):
            images = slice(start, min(start + self.part, count))
            for first in range(0, max(1, windows), max(1, self.at_once)):
                yield Part(images, slice(first, min(first + self.at_once, windows)))

    def _write_maps(self, matrix: Any, columns: Any, maps: Any, bias: Any = None) -> None:
        """Write the product of weight and columns, plus the bias."""
        alone = len(maps) == 1
        rows = maps.swapaxes(0, 1) if alone else self._scratch_rows(maps)
        self.xp.matmul(matrix, columns, out=self._by_group(rows))
        if bias is not None:
            self.xp.add(rows.swapaxes(0, 1), bias, out=maps)
        elif not alone:
            self.xp.copyto(maps, rows.swapaxes(0, 1))

    def _add_product(self, total: Any, columns: Any, maps: Any) -> Any:
        """Return ``total``, None at first, plus the product of columns and maps: scratch memory."""
        rows = self._rows(maps).swapaxes(1, 2)
        # With the larger dimension first, the product is up to 25 % faster.
        shape = (self.group, columns.shape[1], rows.shape[2])
        name = "weight gradient" if total is None else "weight gradient part"
        product = self.device.scratch(name, shape, self.dtype)
        self.xp.matmul(columns, rows, out=product)
        return product if total is None else self.xp.add(total, product, out=total)

    def _add_total(self, total: Any, gradient: Any) -> None:
        if total is not None:
            target = self._weight_matrix(gradient)
            self.xp.add(target, total.swapaxes(1, 2), out=target)

    def _by_group(self, array: Any) -> Any:
        """Return (channels, ..., n, *places) as (group, channels / group ..., n places)."""
        first = array.ndim - 1 - len(self.geometry.kernel)
        rows, columns = math.prod(array.shape[:first]), math.prod(array.shape[first:])
        return array.reshape(self.group, rows // self.group, columns)

    def _weight_matrix(self, weight: Any) -> Any:
        return weight.reshape(self.group, self.maps_channels // self.group, -1)

    def _columns(self, part: Part) -> Any:
        shape = part.columns_shape(self.channels, self.geometry.kernel, self.windows.windows)
        return self.device.scratch("columns", shape, self.dtype)

    def _gather(self, images: Any, part: Part) -> Any:
        """Return a part's columns as one matrix for each group."""
        chosen = images[part.images]
        if self.geometry.pointwise and len(chosen) == 1:
            return self._by_group(part.of_maps(images).swapaxes(0, 1))
        columns = self._columns(part)
        self.windows.gather(chosen, columns, part.windows.start)
        return self._by_group(columns)

    def _scratch_rows(self, maps: Any) -> Any:
        shape = (maps.shape[1], maps.shape[0], *maps.shape[2:])
        return self.device.scratch("rows", shape, self.dtype)

    def _rows(self, maps: Any) -> Any:
        """Return some maps with their channels first, as one matrix for each group."""
        if len(maps) == 1:
            return self._by_group(maps.swapaxes(0, 1))
        rows = self._scratch_rows(maps)
        self.xp.copyto(rows, maps.swapaxes(0, 1))
        return self._by_group(rows)
