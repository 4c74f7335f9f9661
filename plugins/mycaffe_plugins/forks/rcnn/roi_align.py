"""The ROIAlign layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob

from .axis_weights import aligned_samples, bilinear_weights
from .blocks import blocks
from .regions import RegionLayer

MAX_RATIO = 128
"""The most samples along a side of a bin."""

SAMPLE_BYTES = 64
"""About what the samples of a region take for each bin and cell, at most."""


class ROIAlign(RegionLayer):
    """The average of interpolated samples of each bin of each region, without rounding (Mask R-CNN).

    Bottoms: maps (N, C, H, W) and regions (R, 5); top (R, C, pooled_h, pooled_w). Corners are multiplied by
    ``spatial_scale``; a region is at least 1 cell wide and high, and its bins are equal parts of it. Each bin has
    ``sampling_ratio`` samples along each side, or as many as cells that it spans, in the middle of equal parts; a
    sample is interpolated between the centres of four cells, cell i at coordinate i, and 0 if more than 1 cell
    outside. This is Detectron's rule (``aligned: false``). dx is spread by the same weights; regions get 0. Forks that
    set it by ``roi_pooling_param`` sample differently from each other: that form follows the same rule, with a
    warning.
    """

    type = "ROIAlign"
    fork = "Mask R-CNN"
    parameters = ("roi_align_param", "roi_pooling_param")

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings, from either message."""
        field = "roi_align_param"
        if self.param.HasField("roi_pooling_param"):
            if self.param.HasField(field):
                self.fail("give roi_align_param or roi_pooling_param, not both", field=field)
            field = "roi_pooling_param"
            self.warn(
                "forks that set it by roi_pooling_param sample differently; computed by the rule of "
                "Mask R-CNN, as with roi_align_param"
            )
            if self.param.roi_pooling_param.pad_ratio:
                self.fail("ROIAlign has no pad_ratio", field=f"{field}.pad_ratio")
        self.ratio = self.param.roi_align_param.sampling_ratio
        if self.ratio > MAX_RATIO:
            self.fail(
                f"sampling_ratio is {self.ratio}, but may be at most {MAX_RATIO}",
                field="roi_align_param.sampling_ratio",
            )
        self.read_scale(field)
        self.read_pooled(field)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and size the top."""
        self.check_bottoms(bottom)
        self.check_weights(bottom[0], self.pooled)
        top[0].reshape(bottom[1].shape[0], bottom[0].shape[1], *self.pooled)

    def _weights(self, corners: np.ndarray, axis: int, cells: int) -> Any:
        """Return the weights (R, bins, cells) along x (``axis`` 0) or y, on the device."""
        start, stop = self.to_cells(corners[:, axis]), self.to_cells(corners[:, 2 + axis])
        size = np.maximum(stop - start, 1)
        samples = aligned_samples(start, size, self.pooled[1 - axis], self.ratio, cells)
        return self.device.asarray(bilinear_weights(*samples, cells).astype(self.dtype))

    def _blocks(self, bottom: Sequence[Blob]) -> Any:
        """Return blocks of regions of one image: the image, the regions, weights (n, ph, H) and (n, pw, W)."""
        channels, height, width = bottom[0].shape[1:]
        row_bytes = self.pooled[1] * height * channels * self.dtype.itemsize
        row_bytes += SAMPLE_BYTES * max(self.pooled[0] * height, self.pooled[1] * width)
        for image, chosen, corners in blocks(self.read_regions(bottom), row_bytes):
            weights = (self._weights(corners, *along) for along in ((1, height), (0, width)))
            yield image, self.device.asarray(chosen), *weights

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the averages: along rows, then along columns."""
        xp, y = self.xp, top[0].data
        y.fill(0)
        if not bottom[0].count:
            return
        channels, height, width = bottom[0].shape[1:]
        for image, chosen, rows, columns in self._blocks(bottom):
            maps = xp.ascontiguousarray(bottom[0].data[image].transpose(2, 1, 0))
            along = xp.matmul(columns.reshape(-1, width), maps.reshape(width, -1))
            along = along.reshape(*columns.shape[:2], height, channels)
            y[chosen] = xp.matmul(rows[:, None], along).transpose(0, 3, 2, 1)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Spread each gradient over the cells of its samples."""
        self.clear_region_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, dx = self.xp, bottom[0].diff
        dx.fill(0)
        if not bottom[0].count:
            return
        channels, height, width = bottom[0].shape[1:]
        for image, chosen, rows, columns in self._blocks(bottom):
            dy = top[0].diff[chosen].transpose(0, 3, 2, 1)
            along = xp.matmul(rows.swapaxes(1, 2)[:, None], dy)
            sums = xp.matmul(columns.reshape(-1, width).T, along.reshape(-1, height * channels))
            gradient = dx[image]
            xp.add(gradient, sums.reshape(width, height, channels).transpose(2, 1, 0), out=gradient)
