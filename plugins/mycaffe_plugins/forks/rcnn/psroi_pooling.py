"""The PSROIPooling layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import positive_setting

from .axis_weights import mean_weights
from .blocks import blocks
from .regions import RegionLayer, rounded, spread

FIELD = "psroi_pooling_param"


class PSROIPooling(RegionLayer):
    """The average of each bin of each region, from maps of its own for each position (R-FCN).

    Bottoms: maps (N, output_dim g^2, H, W) with g = ``group_size``, and regions (R, 5); top (R, output_dim, g, g).
    Channel (d g + i) g + j of the maps is read by bin (i, j) of channel d. A region goes from its rounded first corner
    to its rounded last corner + 1, times ``spatial_scale``, and is at least 0.1 cells wide; bin p covers the cells from
    floor(start + p size / g) to ceil(start + (p + 1) size / g). A bin without cells in the map is 0. dx = dy / cells;
    regions get 0.
    """

    type = "PSROIPooling"
    fork = "R-FCN"
    parameters = (FIELD,)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.outputs = positive_setting(self, FIELD, "output_dim")
        self.size = positive_setting(self, FIELD, "group_size")
        self.read_scale(FIELD)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and size the top."""
        self.check_bottoms(bottom)
        maps, needed = bottom[0], self.outputs * self.size**2
        if maps.shape[1] != needed:
            self.fail(
                f'bottom "{maps.name}" {maps.shape} has {maps.shape[1]} channels, but output_dim '
                f"{self.outputs} times group_size {self.size} squared is {needed}",
                field=f"{FIELD}.output_dim",
            )
        self.check_weights(maps, (self.size, self.size))
        top[0].reshape(bottom[1].shape[0], self.outputs, self.size, self.size)

    def _weights(self, corners: np.ndarray, axis: int, cells: int) -> np.ndarray:
        """Return the weights (R, g, cells) along x (``axis`` 0) or y."""
        low, high = rounded(corners[:, axis]), rounded(corners[:, 2 + axis])
        start, stop = self.to_cells(low), self.to_cells(high + 1)
        steps, begins, ends = spread(np.maximum(stop - start, low.dtype.type(0.1)), self.size)
        first = np.clip(np.floor(begins * steps + start[:, None]), 0, cells).astype(np.int64)
        last = np.clip(np.ceil(ends * steps + start[:, None]), 0, cells).astype(np.int64)
        return mean_weights(first, np.maximum(first, last), cells)

    def _blocks(self, bottom: Sequence[Blob]) -> Any:
        """Return blocks of regions of one image: the image, the regions, weights (g, n, H) and (g, n, W)."""
        height, width = bottom[0].shape[2:]
        row_bytes = self.size**2 * height * self.outputs * self.dtype.itemsize
        row_bytes += 8 * self.size * max(height, width)
        for image, chosen, corners in blocks(self.read_regions(bottom), row_bytes):
            weights = (
                self.device.asarray(
                    self._weights(corners, axis, cells).swapaxes(0, 1).astype(self.dtype)
                )
                for axis, cells in ((1, height), (0, width))
            )
            yield image, self.device.asarray(chosen), *weights

    def _grouped(self, image: Any) -> Any:
        """Return the maps of an image as (i, j, W, H, output_dim)."""
        size = self.size
        maps = image.reshape(self.outputs, size, size, *image.shape[1:])
        return self.xp.ascontiguousarray(maps.transpose(1, 2, 4, 3, 0))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the averages: along rows, then along columns."""
        xp, size, outputs = self.xp, self.size, self.outputs
        height, width = bottom[0].shape[2:]
        y = top[0].data
        y.fill(0)
        if not bottom[0].count:
            return
        for image, chosen, rows, columns in self._blocks(bottom):
            maps = self._grouped(bottom[0].data[image]).reshape(size, size, width, -1)
            along = xp.matmul(columns[None], maps).reshape(size, size, -1, height, outputs)
            sums = xp.matmul(rows[:, None, :, None], along)
            y[chosen] = sums[:, :, :, 0].transpose(2, 3, 0, 1)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Spread each gradient over the cells of its bin."""
        self.clear_region_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, size, outputs = self.xp, self.size, self.outputs
        height, width = bottom[0].shape[2:]
        dx = bottom[0].diff
        dx.fill(0)
        if not bottom[0].count:
            return
        for image, chosen, rows, columns in self._blocks(bottom):
            dy = top[0].diff[chosen].transpose(2, 3, 0, 1)
            along = rows[:, None, :, :, None] * dy[:, :, :, None]
            sums = xp.matmul(
                columns.swapaxes(1, 2)[None], along.reshape(size, size, len(dy[0, 0]), -1)
            )
            sums = sums.reshape(size, size, width, height, outputs).transpose(4, 0, 1, 3, 2)
            gradient = dx[image].reshape(outputs, size, size, height, width)
            xp.add(gradient, sums, out=gradient)
