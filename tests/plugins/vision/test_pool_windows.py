"""Maxima over windows by shifted comparison of whole arrays, against each window by itself."""

from __future__ import annotations

import itertools

import numpy as np
from mycaffe_plugins.vision.pool_windows import PoolAxis, PoolWindows

from mycaffe_py.device import Device

EMPTY = -7.0  # below every cell


def axes():
    """Yield axes of every kind, as far as the layer allows."""
    for size, kernel, stride, pad, floor in itertools.product(
        range(1, 8), range(1, 5), range(1, 4), range(3), (False, True)
    ):
        if pad < kernel:
            axis = PoolAxis(size, kernel, stride, pad, floor=floor, inside=pad > 0)
            if axis.count > 0:
                yield axis


def one_by_one(axis, cells):
    """Return the maxima along the last axis."""
    columns = []
    for window in range(axis.count):
        start = window * axis.stride - axis.pad
        part = cells[..., max(0, start) : max(0, start + axis.kernel)]
        columns.append(part.max(axis=-1, initial=EMPTY))
    return np.stack(columns, axis=-1)


def test_maxima_along_either_axis(rng):
    ways = {False: 0, True: 0}
    for axis in axes():
        cells = rng.uniform(-5, 5, (2, 3, axis.size))
        expected = one_by_one(axis, cells)
        ways[axis.dense] += 1
        if not axis.dense:
            continue
        for turned in (False, True):
            source = np.ascontiguousarray(cells.swapaxes(1, 2)) if turned else cells
            wanted = expected.swapaxes(1, 2) if turned else expected
            found = np.full(wanted.shape, np.nan)
            axis.maxima(source, found, 1 if turned else 2, np.empty_like(source), EMPTY)
            np.testing.assert_array_equal(found, wanted)
    assert min(ways.values()) > 100


def test_windows_of_images_in_blocks(rng):
    device = Device()
    x = rng.uniform(-5, 5, (2, 3, 6, 5))
    height, width = PoolAxis(6, 3, 2, 1), PoolAxis(5, 3, 1, 1)
    expected = one_by_one(width, one_by_one(height, x.swapaxes(2, 3)).swapaxes(2, 3))
    windows = PoolWindows(device, np.dtype(np.float64), height, width)
    for cache_bytes in (0, 1, 500, 1 << 19):
        device.cache_bytes = cache_bytes
        found = np.full(expected.shape, np.nan)
        windows.reduce(np.maximum, x, found, EMPTY)
        np.testing.assert_array_equal(found, expected)
        sums = np.full(expected.shape, np.nan)
        windows.reduce(np.add, x, sums)
        inner = x[1, 2, 1:4, 1:4].sum()
        assert abs(sums[1, 2, 1, 2] - inner) < 1e-12
