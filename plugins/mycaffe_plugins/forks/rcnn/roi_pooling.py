"""The ROIPooling layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob

from .range_maxima import Rectangles, maximum_places, rectangle_maxima
from .regions import RegionLayer, Regions, rounded, spread

FIELD = "roi_pooling_param"
MAX_BINS = 1 << 18
"""The bins that are looked up at a time."""


class ROIPooling(RegionLayer):
    """The maximum of each bin of each region (Fast R-CNN).

    Bottoms: maps (N, C, H, W) and regions (R, 5); top (R, C, pooled_h, pooled_w). A region's corners are multiplied
    by ``spatial_scale`` and rounded, halves away from 0; bin p of a side of n cells is
    floor(p n / pooled) to ceil((p + 1) n / pooled), so that bins overlap. A bin without cells in the map is 0. dx = dy
    at the first maximum, row by row; regions get 0. With ``pad_ratio`` a region first grows by that part of
    its size on each side (MS-CNN, Cascade R-CNN).
    """

    type = "ROIPooling"
    fork = "Fast R-CNN"
    parameters = (FIELD,)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.read_scale(FIELD)
        self.read_pooled(FIELD)
        self.pad_ratio = float(self.param.roi_pooling_param.pad_ratio)
        if not np.isfinite(self.pad_ratio):
            self.fail(
                f"pad_ratio is {self.pad_ratio:g}, but must be finite", field=f"{FIELD}.pad_ratio"
            )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and size the top."""
        self.check_bottoms(bottom)
        top[0].reshape(bottom[1].shape[0], bottom[0].shape[1], *self.pooled)

    def _side(self, regions: Regions, axis: int, cells: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the begin and end (R, bins) of each bin in cells; ``axis`` 0 is x, 1 is y."""
        low, high = regions.corners[:, axis], regions.corners[:, 2 + axis]
        with np.errstate(over="ignore"):
            pad = (high - low + 1) * low.dtype.type(self.pad_ratio)
        start, stop = (rounded(self.to_cells(edge)) for edge in (low - pad, high + pad))
        steps, begins, ends = spread(np.maximum(stop - start + 1, 1), self.pooled[1 - axis])
        first = np.clip(np.floor(begins * steps) + start[:, None], 0, cells)
        last = np.clip(np.ceil(ends * steps) + start[:, None], 0, cells)
        return first.astype(np.int64), last.astype(np.int64)

    def _parts(self, bottom: Sequence[Blob]) -> Iterator[tuple[slice, np.ndarray, Rectangles]]:
        """Return which regions, which of their bins have cells, and these bins, for some regions at a time."""
        regions = self.read_regions(bottom)
        most = max(1, MAX_BINS // (self.pooled[0] * self.pooled[1]))
        for start in range(0, len(regions), most):
            chosen = slice(start, start + most)
            part = Regions(regions.images[chosen], regions.corners[chosen])
            full, rectangles = self._rectangles(part, bottom[0].shape[2:])
            if len(full):
                yield chosen, full, rectangles

    def _rectangles(self, regions: Regions, size: tuple[int, ...]) -> tuple[np.ndarray, Rectangles]:
        """Return which bins (R * pooled_h * pooled_w) have cells, and these bins."""
        (above, below), (left, right) = (
            self._side(regions, axis, cells) for axis, cells in zip((1, 0), size, strict=True)
        )
        shape = (len(regions), *self.pooled)

        def all_bins(values: np.ndarray) -> np.ndarray:
            return np.broadcast_to(values, shape).reshape(-1)

        sides = [
            *(all_bins(v[:, :, None]) for v in (above, below)),
            *(all_bins(v[:, None]) for v in (left, right)),
        ]
        full = np.flatnonzero((sides[1] > sides[0]) & (sides[3] > sides[2]))
        maps = all_bins(regions.images[:, None, None])
        return full, Rectangles(maps[full], *(side[full] for side in sides))

    def _channels_last(self, x: Any) -> Any:
        return self.xp.ascontiguousarray(x.transpose(0, 2, 3, 1))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the maxima."""
        xp, y = self.xp, top[0].data
        y.fill(0)
        if not bottom[0].count:
            return
        x = self._channels_last(bottom[0].data)
        for chosen, full, rectangles in self._parts(bottom):
            part = y[chosen]
            rows = xp.zeros((part.size // part.shape[1], part.shape[1]), dtype=y.dtype)
            rows[self.device.asarray(full)] = rectangle_maxima(self.device, x, rectangles)
            xp.copyto(part, rows.reshape(-1, *self.pooled, part.shape[1]).transpose(0, 3, 1, 2))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Find the maxima again and give each its gradient."""
        self.clear_region_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, dx = self.xp, bottom[0].diff
        dx.fill(0)
        if not bottom[0].count:
            return
        images, channels, height, width = bottom[0].shape
        x = self._channels_last(bottom[0].data)
        sums = xp.zeros(dx.size, dtype=dx.dtype)
        for chosen, full, rectangles in self._parts(bottom):
            first = self.device.asarray(rectangles.maps * (height * width))[:, None]
            cells = maximum_places(self.device, x, rectangles)
            xp.add(cells, first, out=cells)
            elements = cells * channels + xp.arange(channels, dtype=np.int64)
            dy = self._channels_last(top[0].diff[chosen]).reshape(-1, channels)
            xp.add.at(sums, elements.reshape(-1), dy[self.device.asarray(full)].reshape(-1))
        xp.copyto(dx, sums.reshape(images, height, width, channels).transpose(0, 3, 1, 2))
