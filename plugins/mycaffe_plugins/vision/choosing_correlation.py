"""The choice between the two ways to correlate images: with columns, or with compiled kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mycaffe_py.compiled import in_use
from mycaffe_py.device import Device

from .correlation import Correlation
from .geometry import Geometry

if TYPE_CHECKING:
    from .tap_correlation import TapCorrelation

Shape = tuple[int, ...]

LEAST_IMAGES = 4
"""Images are the rows of the compiled tiles: fewer do not fill them."""
LEAST_CHANNELS = 4
"""Of a group, in the images and in the maps: fewer do not fill the vectors."""
MOST_PLACES = 1 << 10
"""Of an image or a map: for larger ones, one product of large matrices is as fast."""
MOST_POINTWISE = 1 << 12
"""Weights of a group in a pointwise correlation: it has no columns to gather, so that larger products are faster."""


class CorrelationChoice:
    """Chooses for each shape: compiled kernels for batches of small images, with the extra ``fast``; else columns."""

    def __init__(self, device: Device, dtype: Any, geometry: Geometry, group: int):
        self._columns = Correlation(device, dtype, geometry, group)
        self._chosen: Correlation | TapCorrelation = self._columns
        self._shapes: tuple[Shape, ...] = ()

    def of(self, images: Shape, maps: Shape) -> Correlation | TapCorrelation:
        """Return what correlates images and maps of these shapes."""
        if (images, maps) != self._shapes:
            self._shapes = images, maps
            self._chosen = self._choose(images, maps)
            self._chosen.reshape(images, maps)
        return self._chosen

    def _choose(self, images: Shape, maps: Shape) -> Correlation | TapCorrelation:
        plain = self._columns
        if not (self._taps_pay(images, maps) and in_use(plain.device)):
            return plain
        from .tap_correlation import TapCorrelation

        return TapCorrelation(plain.device, plain.dtype, plain.geometry, plain.group)

    def _taps_pay(self, images: Shape, maps: Shape) -> bool:
        """Return whether the compiled kernels are faster for these shapes, as measured."""
        if len(images) != 4 or images[0] < LEAST_IMAGES:
            return False
        group = self._columns.group
        inputs, outputs = images[1] // group, maps[1] // group
        if self._columns.geometry.pointwise and inputs * outputs > MOST_POINTWISE:
            return False
        places = max(math.prod(images[2:]), math.prod(maps[2:]))
        return min(inputs, outputs) >= LEAST_CHANNELS and places <= MOST_PLACES
