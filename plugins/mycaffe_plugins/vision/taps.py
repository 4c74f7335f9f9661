"""Which places of images and of maps meet at which elements of a kernel, along one axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np


@dataclass(frozen=True)
class Taps:
    """For each target along an axis: how many taps it has, and the first of both indices that vary over them.

    From tap to tap the indices change by ``steps``.
    """

    table: np.ndarray
    """(targets, 3): number of taps, first index, first other index."""
    steps: tuple[int, int]

    def within(self, start: int, stop: int) -> Taps:
        """Return the taps whose other index, which must rise by one, is in that range."""
        count, first, other = self.table.T
        begin = np.clip(other, start, stop)
        left = np.clip(np.minimum(other + count, stop) - begin, 0, None)
        table = np.stack([left, first + (begin - other) * self.steps[0], begin], axis=1)
        return Taps(table, self.steps)


@dataclass(frozen=True)
class AxisTaps:
    """The three views of the same meetings, of place p in the image with window o at element k: p = o s + k d - pad."""

    of_maps: Taps
    """For each window: places of the image and elements of the kernel."""
    of_images: Taps
    """For each place of the image: windows and elements of the kernel."""
    of_kernel: Taps
    """For each element of the kernel: places of the image and windows."""


def axis_taps(
    size: int, windows: int, kernel: int, stride: int, pad: int, dilation: int
) -> AxisTaps:
    """Return the taps along an axis of that size."""
    window, element = (index.ravel() for index in np.indices((windows, kernel)))
    place = window * stride + element * dilation - pad
    inside = (place >= 0) & (place < size)
    place, window, element = place[inside], window[inside], element[inside]
    common = gcd(stride, dilation)
    return AxisTaps(
        _taps(windows, window, place, element, (dilation, 1)),
        _taps(size, place, window, element, (-dilation // common, stride // common)),
        _taps(kernel, element, place, window, (stride, 1)),
    )


def _taps(
    count: int, target: np.ndarray, first: np.ndarray, other: np.ndarray, steps: tuple[int, int]
) -> Taps:
    table = np.zeros((count, 3), np.int64)
    # The last that is written to a target stays: that of the least other index.
    order = np.argsort(-other, kind="stable")
    table[target[order], 1], table[target[order], 2] = first[order], other[order]
    table[:, 0] = np.bincount(target, minlength=count)
    return Taps(table, steps)
