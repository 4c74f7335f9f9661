"""The base class of layers that pool regions of maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, positive_setting, require_images

FAR = 2.0**30
"""No coordinate is read as farther out; whole numbers up to here are safe in any arithmetic."""

MAX_POOLED = 1024
"""The most rows or columns that a region's result may have."""

MAX_WEIGHTS = 1 << 24
"""The most weights of a region along an axis, one for each bin and cell."""


@dataclass(frozen=True)
class Regions:
    """The regions of a batch, on the host: the image of each (R), as integers, and its corners (R, 4)."""

    images: np.ndarray
    corners: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def of_images(self) -> list[tuple[int, np.ndarray]]:
        """Return each image that has regions, with the indices of these."""
        return [(int(n), np.flatnonzero(self.images == n)) for n in np.unique(self.images)]


class RegionLayer(Layer):
    """Base: bottoms are maps (N, C, H, W) and regions (R, 5), rows of (image, x1, y1, x2, y2) in pixels of the image.

    Corners belong to a region. Regions have no gradient: where a layer below asks for one, as Python layers that
    propose regions do, it is 0. Coordinates are read on the host in each pass.
    """

    group = "pool"
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for the regions."""
        return bottom_index == 0

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return regions inside the maps."""
        if bottom_index != 1:
            return None
        (images, _, height, width), count = shapes[0], shapes[1][0]
        first, second = rng.uniform(0, 1, (2, count, 2)) * (width - 1, height - 1) / self.scale
        corners = np.minimum(first, second), np.maximum(first, second)
        image = rng.integers(images, size=(count, 1))
        return np.concatenate((image, *corners), axis=1).reshape(shapes[1])

    def read_scale(self, field: str) -> None:
        """Read ``spatial_scale`` from the message ``field``."""
        self.scale = float(getattr(self.param, field).spatial_scale)
        if not 0 < self.scale < math.inf:
            self.fail(
                f"spatial_scale is {self.scale:g}, but must be above 0",
                field=f"{field}.spatial_scale",
                hint="it is the size of the maps divided by that of the image, such as 0.0625",
            )

    def read_pooled(self, field: str) -> None:
        """Read ``pooled_h`` and ``pooled_w`` from the message ``field``."""
        names = "pooled_h", "pooled_w"
        self.pooled = [positive_setting(self, field, name) for name in names]
        for name, size in zip(names, self.pooled, strict=True):
            if size > MAX_POOLED:
                self.fail(
                    f"{name} is {size}, but may be at most {MAX_POOLED}", field=f"{field}.{name}"
                )

    def to_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Return coordinates in cells of the maps, not rounded."""
        with np.errstate(over="ignore"):
            return np.clip(pixels * pixels.dtype.type(self.scale), -FAR, FAR)

    def check_bottoms(self, bottom: Sequence[Blob]) -> None:
        """Fail unless the bottoms are maps and regions."""
        maps, regions = bottom
        require_images(self, maps)
        if not regions.num_axes or regions.count != 5 * regions.shape[0]:
            self.fail(
                f'bottom "{regions.name}" {regions.shape} must hold regions (R, 5), each '
                "(image, x1, y1, x2, y2)"
            )

    def check_weights(self, maps: Blob, pooled: Sequence[int]) -> None:
        """Fail if weights of each cell for each of the ``pooled`` rows and columns would be too many."""
        for size, cells in zip(pooled, maps.shape[2:], strict=True):
            if size * cells > MAX_WEIGHTS:
                self.fail(
                    f'bottom "{maps.name}" {maps.shape} is too large for {size} bins: their weights '
                    f"would be more than {MAX_WEIGHTS}"
                )

    def read_regions(self, bottom: Sequence[Blob]) -> Regions:
        """Return the regions, or fail at the first that is none of these maps'.

        The fraction of an image's number does not count, as in C.
        """
        rows = self.device.to_host(bottom[1].data).reshape(-1, 5)
        images = np.trunc(rows[:, 0])
        good = np.isfinite(rows).all(axis=1)
        good &= (images >= 0) & (images < bottom[0].shape[0])
        if not good.all():
            place = int(np.argmin(good))
            self._refuse(bottom, place, rows[place])
        return Regions(images.astype(np.int64), np.clip(rows[:, 1:], -FAR, FAR))

    def _refuse(self, bottom: Sequence[Blob], place: int, row: np.ndarray) -> None:
        maps, regions = bottom
        values = ", ".join(f"{value:g}" for value in row)
        if np.isfinite(row).all():
            what = (
                f'{row[0]:g} is not the number of an image: bottom "{maps.name}" {maps.shape} has '
                f"{maps.shape[0]}, counted from 0"
            )
        else:
            what = "it must hold finite numbers"
        self.fail(
            f'row {place} of bottom "{regions.name}" {regions.shape} is ({values}): {what}',
            hint="each row is (image, x1, y1, x2, y2)",
        )

    def clear_region_gradients(
        self, propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write 0 as the gradient of the regions, if one is asked for."""
        if propagate_down[1]:
            bottom[1].diff.fill(0)


def rounded(values: np.ndarray) -> np.ndarray:
    """Return ``values`` rounded to whole numbers, halves away from 0, as C's ``round`` does."""
    whole = np.trunc(values)
    return whole + np.copysign(np.abs(values - whole) >= 0.5, values)


def spread(scaled: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return steps (R, 1) = ``scaled`` / ``bins`` and bins' begins and ends in steps (bins), all of one type.

    As the forks, which compute ``p * (size / bins)`` in the net's precision.
    """
    steps = (scaled / scaled.dtype.type(bins))[:, None]
    numbers = np.arange(bins + 1, dtype=scaled.dtype)
    return steps, numbers[:-1], numbers[1:]
