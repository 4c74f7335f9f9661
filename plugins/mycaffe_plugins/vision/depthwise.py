"""Correlation in which each channel has kernels of its own, on a CPU, without a matrix product."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.device import Device

from .geometry import Geometry
from .shifted_cells import shifted_cells


class Depthwise:
    """``Correlation.correlate`` where each group is a single channel of the images, for NumPy and two spatial axes.

    maps[n, c q + i] = images[n, c] correlated with weight[c q + i, 0], for q kernels a channel. The images are copied
    once for each column of the kernel, shifted and without their padding's columns. There, the windows with one element
    of the kernel are consecutive rows, so that ``einsum`` multiplies long rows by one number each and adds
    them up. With a stride, the rows are divided by their remainders. As many channels at a time as fit in the cache.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        self.device, self.dtype, self.geometry = device, dtype, geometry
        stride, dilation = geometry.stride[0], geometry.dilation[0]
        period = stride // math.gcd(stride, dilation)
        elements = range(geometry.kernel[0])
        self.phases = [elements[start::period] for start in elements[:period]]
        """Elements of the kernel's columns whose positions have the same remainder by the stride."""
        self._step = period * dilation // stride  # in rows, from one element of a phase to the next

    def correlate(self, images: np.ndarray, weight: Any, maps: Any, bias: Any = None) -> None:
        """Write the correlation, plus a bias for each channel of the maps."""
        channels, windows = images.shape[1], maps.shape[2:]
        kernels = weight.reshape(channels, -1, *self.geometry.kernel)
        out = maps.reshape(len(maps), channels, kernels.shape[1], math.prod(windows))
        if bias is not None:
            bias = bias.reshape(channels, -1, 1)
        for some, part in self._blocks(images.shape, windows):
            target = out[some, part]
            for number, elements in enumerate(self.phases):
                found = target if not number else self._scratch("depthwise sum", target.shape)
                shifted = self._shift(images[some, part], elements, windows)
                self._add_up(shifted, kernels[part, :, elements[0] :: elements.step], found)
                if number:
                    np.add(target, found, out=target)
            if bias is not None:
                np.add(target, bias[part], out=target)

    def _scratch(self, name: str, shape: Sequence[int]) -> Any:
        return self.device.scratch(name, shape, self.dtype)

    def _blocks(
        self, images: Sequence[int], windows: Sequence[int]
    ) -> Iterator[tuple[slice, slice]]:
        """Yield the images and channels that are processed at once."""
        count, channels = images[:2]
        size = self.geometry.kernel[1] * math.prod(windows) * self.dtype.itemsize
        most = max(1, self.device.cache_bytes // max(1, size))
        step, depth = max(1, most // channels), min(most, channels)
        for first in range(0, count, step):
            for channel in range(0, channels, depth):
                yield slice(first, first + step), slice(channel, channel + depth)

    def _shift(self, images: np.ndarray, elements: range, windows: Sequence[int]) -> Any:
        """Return, as scratch, (C, columns of the kernel, n, rows, columns of windows): what one phase's windows see.

        The rows are those of the image that the first element of the phase sees, followed by those that the others add.
        """
        geometry = self.geometry
        (stride, across), (top, left) = geometry.stride, geometry.pad
        rows = windows[0] + (len(elements) - 1) * self._step
        shape = (images.shape[1], geometry.kernel[1], len(images), rows, windows[1])
        shifted, view = self._scratch("depthwise", shape), images.swapaxes(0, 1)
        first = elements[0] * geometry.dilation[0] - top
        filled, source = shifted_cells(images.shape[2], first, stride, rows)
        shifted[..., : filled.start, :] = 0
        shifted[..., filled.stop :, :] = 0
        for column in range(geometry.kernel[1]):
            start = column * geometry.dilation[1] - left
            within, cells = shifted_cells(images.shape[3], start, across, windows[1])
            target = shifted[:, column, :, filled]
            target[..., : within.start] = 0
            target[..., within.stop :] = 0
            np.copyto(target[..., within], view[:, :, source, cells])
        return shifted

    def _add_up(self, shifted: np.ndarray, kernels: Any, out: Any) -> None:
        """Write (n, C, q, places): the sums of rows times kernels (C, q, elements, columns)."""
        channels, columns, count = shifted.shape[:3]
        strides = shifted.strides
        # (C, columns, elements, n, places): the places are one axis, or einsum would loop over short ones.
        view = np.lib.stride_tricks.as_strided(
            shifted,
            (channels, columns, kernels.shape[2], count, out.shape[3]),
            (*strides[:2], self._step * strides[3], strides[2], strides[4]),
        )
        np.einsum("cjinp,cqij->ncqp", view, kernels, out=out)
