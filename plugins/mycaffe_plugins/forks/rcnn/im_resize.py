"""The ImResize layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, positive_setting, require_images
from mycaffe_py.plugins import Only
from mycaffe_py.wording import counted

FIELD = "imresize_param"
MAX_FACTOR = 1024
MAX_WEIGHTS = 1 << 24
"""The most weights along an axis, for all scales."""


def cubic_weights(cells: int, begin: int, size: int) -> np.ndarray:
    """Return weights (size, cells) that resize the cells from ``begin`` to ``cells`` - ``begin`` to ``size`` values.

    Each value is a cubic (Catmull-Rom) of the four cells around it, whose first and last are repeated at the edges;
    centres of cells stay where they are.
    """
    used = cells - 2 * begin
    place = (np.arange(size) + 0.5) * used / size - 0.5
    second = np.maximum(np.trunc(place + 1e-5), 0).astype(np.int64)
    part = place - second
    third = np.minimum(second + 1, used - 1)
    columns = np.maximum(second - 1, 0), second, third, np.minimum(third + 1, used - 1)
    powers = np.stack((part**3, part**2, part, np.ones(size)))
    of_cells = np.array(
        [[-0.5, 1, -0.5, 0], [1.5, -2.5, 0, 1], [-1.5, 2, 0.5, 0], [0.5, -0.5, 0, 0]]
    )
    weights = np.zeros((size, cells))
    for column, values in zip(columns, of_cells @ powers, strict=True):
        np.add.at(weights, (np.arange(size), begin + np.minimum(column, used - 1)), values)
    return weights


class ImResize(Layer):
    """Maps of one image at several scales, resized by cubic interpolation and averaged (OpenPose).

    Bottom x (N, C, H, W), one item a scale; top (1, C, rows, columns): H and W times ``factor``, cut to whole numbers,
    or the target size without a factor. Item n counts without a border of floor(floor(W / 2) (1 - start_scale + n
    scale_gap)) columns on each side, and as many rows of H. y = mean over n of A_n x_n B_n^T with fixed weights A_n
    and B_n; dx_n = A_n^T dy B_n / N.
    """

    type = "ImResize"
    fork = "OpenPose"
    group = "shape"
    parameters = (FIELD,)
    conditions = (
        Only(
            "imresize_param.target_spatial_width",
            "imresize_param.target_spatial_height",
            when="no factor",
        ),
    )
    recordable = True
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        param = self.param.imresize_param
        self.factor, self.start, self.gap = (
            float(getattr(param, name)) for name in ("factor", "start_scale", "scale_gap")
        )
        if not 0 <= self.factor <= MAX_FACTOR:
            self.fail(
                f"factor is {self.factor:g}, but must be from 0 to {MAX_FACTOR}",
                field=f"{FIELD}.factor",
            )
        for name, value in (("start_scale", self.start), ("scale_gap", self.gap)):
            if not math.isfinite(value):
                self.fail(f"{name} is {value:g}, but must be finite", field=f"{FIELD}.{name}")
        self.target = [
            positive_setting(self, FIELD, f"target_spatial_{side}") for side in ("height", "width")
        ]
        self._sizes: tuple[int, ...] = ()

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Size the top and compute the weights for its size."""
        maps = bottom[0]
        require_images(self, maps)
        if not maps.shape[0] or 0 in maps.shape[2:]:
            self.fail(f'bottom "{maps.name}" {maps.shape} has no cells')
        size = (
            [int(cells * self.factor) for cells in maps.shape[2:]] if self.factor else self.target
        )
        if 0 in size:
            self.fail(
                f'factor {self.factor:g} leaves nothing of bottom "{maps.name}" {maps.shape}',
                field=f"{FIELD}.factor",
            )
        top[0].reshape(1, maps.shape[1], *size)
        if (*maps.shape, *size) != self._sizes:
            self._rows, self._columns = (self._along(axis, size[axis], maps) for axis in (0, 1))
            self._sizes = (*maps.shape, *size)

    def _along(self, axis: int, size: int, maps: Blob) -> list[Any]:
        """Return each item's weights along rows (``axis`` 0), over the number of items, or along columns."""
        items, cells = maps.shape[0], maps.shape[2 + axis]
        parts = 1 - self.start + np.arange(items) * self.gap
        begins = np.floor(np.clip(cells // 2 * parts, -1, cells)).astype(np.int64)
        good = (begins >= 0) & (2 * begins < cells)
        if not good.all():
            item = int(np.argmin(good))
            self.fail(
                f'of item {item} of bottom "{maps.name}" {maps.shape} nothing would be left: its scale is '
                f"{self.start - item * self.gap:g}",
                field=f"{FIELD}.scale_gap",
            )
        distinct = np.unique(begins)
        if len(distinct) * size * cells > MAX_WEIGHTS:
            self.fail(
                f'{counted(len(distinct), "scale")} of {cells} cells of bottom "{maps.name}" {maps.shape} cannot be '
                f"resized to {size}: that takes more than {MAX_WEIGHTS} weights",
                field=FIELD,
            )
        share = 1 if axis else items
        weights = {
            begin: self.device.asarray(
                (cubic_weights(cells, begin, size) / share).astype(self.dtype)
            )
            for begin in distinct.tolist()
        }
        return [weights[begin] for begin in begins.tolist()]

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean of the resized items."""
        xp, y = self.xp, top[0].data[0]
        y.fill(0)
        for x, rows, columns in zip(bottom[0].data, self._rows, self._columns, strict=True):
            xp.add(y, xp.matmul(rows, xp.matmul(x, columns.T)), out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of each item."""
        if not propagate_down[0]:
            return
        dy = top[0].diff[0]
        for dx, rows, columns in zip(bottom[0].diff, self._rows, self._columns, strict=True):
            dx[...] = self.xp.matmul(rows.T, self.xp.matmul(dy, columns))
