"""The windows of a pooling: Caffe's rounding and clipping, and sums or maxima over them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from mycaffe_py.device import Device, require_memory
from mycaffe_py.errors import ShapeError

from .pool_kernels import pool_kernels_of
from .shifted_cells import shifted_cells

Part = tuple[slice, slice]

_MOST_ALONG_AXIS, _MOST_ELEMENTS = 1_000_000, 10_000_000
"""Elements of a kernel that are inside the image in any window: each is a step of a loop."""


def _refuse_many(elements: int, most: int, what: str) -> None:
    if elements > most:
        raise ShapeError(
            f"{what} has {elements:,} elements inside the image, but at most {most:,} are possible",
            hint="make the kernel smaller",
        )


class PoolAxis:
    """The windows along one axis of an image.

    There are ceil((size + 2 pad - kernel) / stride) + 1 of them (floor with ``floor``); with ``inside``, the last one
    is dropped if it begins after the image and its padding. Cells outside the image belong to no window.
    """

    def __init__(
        self,
        size: int,
        kernel: int,
        stride: int,
        pad: int,
        *,
        floor: bool = False,
        inside: bool = True,
    ):
        self.size, self.kernel, self.stride, self.pad = size, kernel, stride, pad
        reach = size + 2 * pad - kernel
        self.count = (reach // stride if floor else -(-reach // stride)) + 1
        if inside and (self.count - 1) * stride >= size + pad:
            self.count -= 1
        # The other elements of the kernel are outside the image in every window.
        elements = range(max(0, pad - (self.count - 1) * stride), min(kernel, size + pad))
        _refuse_many(len(elements), _MOST_ALONG_AXIS, f"a kernel of {kernel} over {size} cells")
        self.shifts = [element - pad for element in elements]
        """The position in window 0 of each kernel element that is inside the image in any window."""
        self.parts = [self._part(shift) for shift in self.shifts]
        """For each of them, (the windows that have it in the image, its cells there); None if there are none."""
        # Elements that all windows have come first: they need no initial value.
        self._sums = sorted(filter(None, self.parts), key=self._windows_of, reverse=True)
        self.filled = max((part[0].stop for part in self._sums), default=0)
        """The number of first windows that have any cell in the image."""
        full = [part for part in self._sums if self._is_full(part)]
        self.clipped = len(full) < kernel

    def _part(self, shift: int) -> Part | None:
        windows, cells = shifted_cells(self.size, shift, self.stride, self.count)
        return (windows, cells) if windows.start < windows.stop else None

    def _windows_of(self, part: Part) -> int:
        return part[0].stop - part[0].start

    def _is_full(self, part: Part) -> bool:
        return self._windows_of(part) == self.count

    def divisors(self) -> np.ndarray:
        """Return the size of each window up to the edge of the padding: the divisors of averages, float64."""
        starts = np.arange(self.count, dtype=np.int64) * self.stride - self.pad
        stops = np.minimum(starts + self.kernel, self.size + self.pad)
        return np.maximum(1.0, stops - starts)

    def reduce(self, xp: Any, ufunc: Any, cells: Any, out: Any, axis: int, empty: float) -> None:
        """Write the sums (or maxima) of ``cells`` over each window along ``axis``; ``empty`` where it has none."""
        parts = [(_at(out, axis, there), _at(cells, axis, here)) for there, here in self._sums]
        full = sum(self._is_full(part) for part in self._sums)
        if not full:
            out.fill(empty)
        elif full == 1:
            xp.copyto(out, parts[0][1])
        else:
            ufunc(parts[0][1], parts[1][1], out=out)
        for there, here in parts[min(full, 2) :]:
            ufunc(there, here, out=there)

    @property
    def _whole(self) -> range:
        """The windows that are entirely inside the image."""
        stop = min(self.count, (self.size - self.kernel + self.pad) // self.stride + 1)
        return range(min(-(-self.pad // self.stride), self.count), max(0, stop))

    @property
    def dense(self) -> bool:
        """Whether most cells begin a window, so that :meth:`maxima` pays."""
        return self.kernel > 1 and 2 * len(self._whole) * self.stride > self.size

    def maxima(self, cells: Any, out: Any, axis: int, work: Any, empty: float) -> None:
        """Do what :meth:`reduce` does with maxima, in NumPy, by comparing the whole array with itself, shifted.

        That takes a few long loops instead of many short ones. It also compares the ends of rows with the beginnings of
        the next ones; windows that exceed the image are done one by one. ``work`` is an array like ``cells``.
        """
        width, flat = math.prod(cells.shape[axis + 1 :]), cells.reshape(-1)
        last = (self.kernel - 1) * width
        shifted = [flat[at : len(flat) - last + at] for at in range(0, last + 1, width)]
        in_place = self.stride == 1 and self.count == self.size
        begin, source = (self.pad * width, out) if in_place else (0, work)
        target = source.reshape(-1)[begin : begin + len(shifted[0])]
        np.maximum(shifted[0], shifted[1], out=target)
        for other in shifted[2:]:
            np.maximum(target, other, out=target)
        whole = self._whole
        if not in_place:
            first = whole.start * self.stride - self.pad
            stop = first + (len(whole) - 1) * self.stride + 1
            np.copyto(
                _at(out, axis, slice(whole.start, whole.stop)),
                _at(work, axis, slice(first, stop, self.stride)),
            )
        for window in (*range(whole.start), *range(whole.stop, self.count)):
            self._maximum_of(window, cells, _at(out, axis, window), axis, empty)

    def _maximum_of(self, window: int, cells: Any, out: Any, axis: int, empty: float) -> None:
        """Write the maximum of a single window along ``axis``."""
        start = window * self.stride - self.pad
        first, *others = range(max(0, start), min(self.size, start + self.kernel)) or (None,)
        if first is None:
            out.fill(empty)
        elif not others:
            np.copyto(out, _at(cells, axis, first))
        else:
            np.maximum(_at(cells, axis, first), _at(cells, axis, others[0]), out=out)
        for cell in others[1:]:
            np.maximum(out, _at(cells, axis, cell), out=out)

    def spread(self, xp: Any, values: Any, out: Any, axis: int) -> None:
        """Write to each cell the sum of the ``values`` of the windows that it belongs to."""
        out.fill(0)
        for windows, cells in self._sums:
            there = _at(out, axis, cells)
            xp.add(there, _at(values, axis, windows), out=there)


def _at(array: Any, axis: int, part: slice | int) -> Any:
    return array[(slice(None),) * axis + (part,)]


class PoolWindows:
    """The windows on images (N, C, H, W): those of the rows times those of the columns."""

    def __init__(self, device: Device, dtype: Any, height: PoolAxis, width: PoolAxis):
        self.device, self.xp, self.dtype = device, device.xp, dtype
        self.height, self.width = height, width
        self.shape = (height.count, width.count)
        self.elements = len(height.parts) * len(width.parts)
        self.overlap = height.kernel > height.stride or width.kernel > width.stride
        self._inverse: Any = None
        self.kernels = pool_kernels_of(self)
        """Kernels for maxima and averages; None where the plain code computes them."""

    @property
    def clipped(self) -> bool:
        """Whether any window exceeds the image."""
        return self.height.clipped or self.width.clipped

    def scratch(self, name: str, like: Any, dtype: Any = None) -> Any:
        """Return a working array shaped like another one."""
        return self.device.scratch(name, like.shape, dtype or self.dtype)

    def parts(self) -> list[tuple[tuple[slice, slice], tuple[slice, slice]] | None]:
        """Return, for each element of the kernel, row by row, (the windows that have it, its cells there)."""
        kernel, cells = zip(
            *((each.kernel, each.size) for each in (self.height, self.width)), strict=True
        )
        _refuse_many(self.elements, _MOST_ELEMENTS, f"a kernel {kernel} over {cells} cells")
        rows, columns = self.height.parts, self.width.parts
        return [
            ((r[0], c[0]), (r[1], c[1])) if r is not None and c is not None else None
            for r in rows
            for c in columns
        ]

    def _half(self, images: Any) -> Any:
        shape = (*images.shape[:2], self.shape[0], images.shape[3])
        return self.device.scratch("pool half", shape, self.dtype)

    def reduce(self, ufunc: Any, cells: Any, out: Any, empty: float = 0.0) -> None:
        """Write the sum (or maximum) of each window; ``empty`` for a window without cells."""
        for some, target in self._blocks(cells, out):
            half = self._half(some)
            self._reduce(self.height, ufunc, some, half, 2, empty)
            self._reduce(self.width, ufunc, half, target, 3, empty)

    def _reduce(
        self, windows: PoolAxis, ufunc: Any, cells: Any, out: Any, axis: int, empty: float
    ) -> None:
        if ufunc is np.maximum and cells.size and windows.dense:
            windows.maxima(cells, out, axis, self.scratch("pool shifted", cells), empty)
        else:
            windows.reduce(self.xp, ufunc, cells, out, axis, empty)

    def _blocks(self, cells: Any, out: Any) -> Iterator[tuple[Any, Any]]:
        """Divide the planes of images and of windows into parts that fit in the cache, as (1, planes, H, W)."""
        if not self.device.cache_bytes or not cells.size:
            yield cells, out
            return
        planes, targets = (array.reshape(1, -1, *array.shape[2:]) for array in (cells, out))
        size = planes[0, 0].nbytes
        step = max(1, self.device.cache_bytes // size)
        for start in range(0, planes.shape[1], step):
            yield planes[:, start : start + step], targets[:, start : start + step]

    def spread(self, values: Any, out: Any) -> None:
        """Write to each cell the sum of the values of its windows."""
        half = self._half(out)
        self.width.spread(self.xp, values, half, 3)
        self.height.spread(self.xp, half, out, 2)

    def inverse_sizes(self) -> Any:
        """Return 1 / the size of each window, an array (rows, columns) of the device."""
        if self._inverse is None:
            require_memory(8 * math.prod(self.shape), f"the sizes of {self.shape} windows")
            values = 1 / np.multiply.outer(self.height.divisors(), self.width.divisors())
            self._inverse = self.device.asarray(values, dtype=self.dtype)
        return self._inverse
