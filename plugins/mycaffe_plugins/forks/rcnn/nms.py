"""The Nms layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, positive_setting, require_images
from mycaffe_py.plugins import Only

FIELD = "nms_param"
REACH = 3
"""How far from a peak the mean of its place reaches."""


class Nms(Layer):
    """The peaks of heat maps, at more than whole places (OpenPose).

    Bottom x (N, C, H, W); top (N, ``num_parts``, ``max_peaks`` + 1, 3), of the first ``num_parts`` maps. Row 0 of a
    map begins with the number of its peaks, at most ``max_peaks``; the next rows are (x, y, value) of each peak, row
    by row of the map, the others 0. A peak is above ``threshold`` and above its eight neighbours, and not at the
    border. x and y are the mean place of the positive values at most 3 cells away, weighted by them; row 0 and column
    0 of a map do not count there, as in OpenPose. There is no gradient.
    """

    type = "Nms"
    fork = "OpenPose"
    group = "other"
    parameters = (FIELD,)
    conditions = (Only("nms_param.num_peak", when="never"),)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: peaks have no gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.threshold = float(self.param.nms_param.threshold)
        self.most, self.parts = (
            positive_setting(self, FIELD, name) for name in ("max_peaks", "num_parts")
        )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottom and size the top."""
        maps = bottom[0]
        require_images(self, maps)
        if maps.shape[1] < self.parts:
            self.fail(
                f'num_parts is {self.parts}, but bottom "{maps.name}" {maps.shape} has {maps.shape[1]} maps',
                field=f"{FIELD}.num_parts",
            )
        top[0].reshape(maps.shape[0], self.parts, self.most + 1, 3)

    def _peaks(self, maps: Any) -> tuple[Any, Any, Any]:
        """Return map, row and column of each peak of maps (M, H, W), in order."""
        xp, (_, height, width) = self.xp, maps.shape
        if height < 3 or width < 3:
            return (xp.zeros(0, dtype="int64"),) * 3
        inner = maps[:, 1:-1, 1:-1]
        above = inner > self.threshold
        for row in range(3):
            for column in range(3):
                if (row, column) != (1, 1):
                    near = maps[:, row : row + height - 2, column : column + width - 2]
                    above &= inner > near
        found, row, column = xp.nonzero(above)
        return found, row + 1, column + 1

    def _places(self, maps: Any, found: Any, row: Any, column: Any) -> tuple[Any, Any]:
        """Return x and y of the peaks: the weighted mean of the cells around each."""
        xp, (_, height, width) = self.xp, maps.shape
        reach = xp.arange(-REACH, REACH + 1, dtype="int64")
        y, x = row[:, None, None] + reach[:, None], column[:, None, None] + reach
        inside = (y > 0) & (y < height) & (x > 0) & (x < width)
        near = maps[found[:, None, None], xp.clip(y, 0, height - 1), xp.clip(x, 0, width - 1)]
        weight = xp.where(inside & (near > 0), near, 0)
        total = weight.sum(axis=(1, 2))
        some, divisor = total > 0, xp.where(total > 0, total, 1)
        row, column = row.astype(self.dtype), column.astype(self.dtype)
        return (
            xp.where(some, (weight * x.astype(self.dtype)).sum(axis=(1, 2)) / divisor, column),
            xp.where(some, (weight * y.astype(self.dtype)).sum(axis=(1, 2)) / divisor, row),
        )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the peaks of each map."""
        xp = self.xp
        height, width = bottom[0].shape[2:]
        y = top[0].data
        y.fill(0)
        rows = y.reshape(-1, self.most + 1, 3)
        if not bottom[0].count:
            return
        maps = xp.ascontiguousarray(bottom[0].data[:, : self.parts]).reshape(-1, height, width)
        found, row, column = self._peaks(maps)
        counts = xp.bincount(found, minlength=len(maps))
        starts = xp.cumsum(counts) - counts
        place = xp.arange(len(found), dtype="int64") - starts[found]
        listed = place < self.most
        found, row, column, place = (part[listed] for part in (found, row, column, place))
        mean_x, mean_y = self._places(maps, found, row, column)
        rows[:, 0, 0] = xp.minimum(counts, self.most)
        rows[found, place + 1, 0] = mean_x
        rows[found, place + 1, 1] = mean_y
        rows[found, place + 1, 2] = maps[found, row, column]
