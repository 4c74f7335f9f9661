"""Maxima of many rectangles of maps at once.

The maximum of a range is that of two ranges, of a length that is a power of 2, which cover it together. So maxima
of all ranges of 1, 2, 4, ... cells are made from each other, for rows and for columns, and four of them are looked up
for each rectangle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.device import Device

_LOW = 2**31 - 1


@dataclass(frozen=True)
class Rectangles:
    """Non-empty rectangles of cells, integer arrays (P) on the host: the map, first cells and ends along both axes."""

    maps: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    left: np.ndarray
    right: np.ndarray


def _doublings(xp: Any, table: Any, axis: int, levels: int) -> Iterator[tuple[int, Any]]:
    """Return the maxima of 1, 2, 4, ... cells along ``axis``: exponent and table, to exponent ``levels``."""
    yield 0, table
    before = (slice(None),) * axis
    for level in range(1, levels + 1):
        step = 1 << (level - 1)
        table = xp.maximum(
            table[(*before, slice(None, -step))], table[(*before, slice(step, None))]
        )
        yield level, table


def _exponents(lengths: np.ndarray) -> np.ndarray:
    return np.asarray(np.frexp(lengths)[1] - 1)


def rectangle_maxima(device: Device, values: Any, rectangles: Rectangles) -> Any:
    """Return the maxima (P, C) of ``rectangles`` of maps ``values`` (N, H, W, C). A NaN is the maximum."""
    xp = device.xp
    tall = _exponents(rectangles.bottom - rectangles.top)
    wide = _exponents(rectangles.right - rectangles.left)
    out = xp.empty((len(tall), values.shape[-1]), dtype=values.dtype)
    for row_level, rows in _doublings(xp, values, 1, int(tall.max(initial=0))):
        of_level = tall == row_level
        if not of_level.any():
            continue
        for level, table in _doublings(xp, rows, 2, int(wide[of_level].max())):
            chosen = np.flatnonzero(of_level & (wide == level))
            if len(chosen):
                best = _covered(device, table, rectangles, chosen, (1 << row_level, 1 << level))
                out[device.asarray(chosen)] = best
    return out


def _covered(
    device: Device, table: Any, rectangles: Rectangles, chosen: np.ndarray, size: tuple[int, int]
) -> Any:
    """Return the maxima of the chosen rectangles, each covered by four of ``size``, whose maxima are ``table``."""
    xp, (_, height, width, channels) = device.xp, table.shape
    cells = table.reshape(-1, channels)
    first = rectangles.maps[chosen] * (height * width)
    rows = rectangles.top[chosen], rectangles.bottom[chosen] - size[0]
    columns = rectangles.left[chosen], rectangles.right[chosen] - size[1]
    corners = [first + row * width + column for row in rows for column in columns]
    best = xp.take(cells, device.asarray(corners[0]), axis=0)
    for corner in corners[1:]:
        xp.maximum(best, xp.take(cells, device.asarray(corner), axis=0), out=best)
    return best


def maximum_places(device: Device, values: Any, rectangles: Rectangles) -> Any:
    """Return where the maxima (P, C) are: row * W + column of the first one, row by row, as int64.

    Values are replaced by whole numbers in the same order, with the place in their lower half, so that the maximum
    of these tells the place.
    """
    xp, (_, height, width, _) = device.xp, values.shape
    if values.dtype == np.float32:
        bits = (values + 0).view("int32")  # + 0: -0 equals 0
        ranks = xp.where(bits < 0, bits ^ _LOW, bits)
    else:
        flat = values.reshape(-1)
        ranks = xp.searchsorted(xp.sort(flat), flat).reshape(values.shape)
    places = _LOW - xp.arange(height * width, dtype="int64").reshape(height, width, 1)
    keys = ranks.astype("int64") * 2**32 + places
    return _LOW - (rectangle_maxima(device, keys, rectangles) & _LOW)
