"""The SpatialTransformer layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.device import require_memory
from mycaffe_py.layer import Layer, positive_setting, require_images

FIELD = "st_param"
_THETAS = tuple(f"theta_{row}_{column}" for row in (1, 2) for column in (1, 2, 3))


class SpatialTransformer(Layer):
    """Samples images through an affine map that is predicted for each of them (Jaderberg et al. 2015).

    Bottoms: images U (N, C, H, W) and, for each, the numbers of theta = (t11 t12 t13; t21 t22 t23) in that order,
    those left out that the settings fix. Top V (N, C, ``output_H``, ``output_W``), by default as large as U. For cell
    (i, j) of H' x W', (u, v) = (2 i / H' - 1, 2 j / W' - 1); (p, q) = theta (u, v, 1); V is U at row (p + 1) H / 2 and
    column (q + 1) W / 2, interpolated between the four neighbours, 0 for those outside. Rows come first, and a corner
    is at -1 where 1 would be one cell too far: unlike other libraries' forms.

    dtheta through the neighbours' differences; dU = dV times the neighbours' shares, 0 with ``to_compute_dU: false``.
    """

    type = "SpatialTransformer"
    fork = "daerduoCarey/SpatialTransformerLayer"
    group = "math"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read and check the settings."""
        param = self.param.st_param
        for name, only in (("transform_type", "affine"), ("sampler_type", "bilinear")):
            if getattr(param, name) != only:
                self.fail(
                    f'{name} is "{getattr(param, name)}", but must be "{only}"',
                    field=f"{FIELD}.{name}",
                )
        self.sizes = [
            positive_setting(self, FIELD, name) if param.HasField(name) else 0
            for name in ("output_H", "output_W")
        ]
        self.fixed = {
            index: getattr(param, name)
            for index, name in enumerate(_THETAS)
            if param.HasField(name)
        }
        self.free = [index for index in range(6) if index not in self.fixed]
        self._grid: Any = None
        self._shape = (0, 0)

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for the images with ``to_compute_dU: false``: their gradient is 0 then."""
        return bottom_index > 0 or bool(self.param.st_param.to_compute_dU)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and shape the top."""
        images, theta = bottom
        require_images(self, images)
        if 0 in images.shape[2:]:
            self.fail(f'bottom "{images.name}" {images.shape} has no cells')
        count = len(self.free)
        if not theta.num_axes or theta.shape[0] != images.shape[0] or theta.count_axes(1) != count:
            self.fail(
                f'bottom "{theta.name}" {theta.shape} must hold {count} numbers for each image of bottom '
                f'"{images.name}" {images.shape}: those of theta that the settings do not fix'
            )
        height, width = (
            given or size for given, size in zip(self.sizes, images.shape[2:], strict=True)
        )
        top[0].reshape(*images.shape[:2], height, width)
        if self._shape != (height, width):
            self._shape, self._grid = (height, width), None

    def _points(self) -> Any:
        """Return (3, places): (u, v, 1) of each cell of the top."""
        if self._grid is None:
            cells = self._shape[0] * self._shape[1]
            require_memory(8 * 8 * cells, f"the grid of {self._shape} cells")
            rows, columns = (np.arange(size) / size * 2 - 1 for size in self._shape)
            u, v = np.meshgrid(rows, columns, indexing="ij")
            points = np.stack([u.reshape(-1), v.reshape(-1), np.ones(u.size)])
            self._grid = self.device.asarray(points, dtype=self.dtype)
        return self._grid

    def _positions(self, images: Blob, theta: Blob) -> list[Any]:
        """Return the rows and the columns (N, places) at which the images are sampled."""
        values = self.xp.zeros((images.shape[0], 6), dtype=self.dtype)
        given = theta.data.reshape(images.shape[0], len(self.free))
        for place, index in enumerate(self.free):
            values[:, index] = given[:, place]
        for index, value in self.fixed.items():
            values[:, index] = value
        found = self.xp.matmul(values.reshape(-1, 2, 3), self._points())
        # Far outside is as good as just outside, and fits into an integer.
        return [
            self.xp.clip((found[:, axis] + 1) * (size / 2), -2, size + 1)
            for axis, size in enumerate(images.shape[2:])
        ]

    def _neighbours(self, images: Blob, theta: Blob) -> Iterator[tuple[Any, Any, list[Any]]]:
        """Yield, for each of four neighbours: places in the planes and whether they are inside, (N, places) each; and

        for rows and columns its share and how that changes.
        """
        xp, positions = self.xp, self._positions(images, theta)
        firsts = [xp.floor(xp.nan_to_num(position)) for position in positions]
        height, width = images.shape[2:]
        for down in (0, 1):
            for across in (0, 1):
                row, column = firsts[0] + down, firsts[1] + across
                inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
                places = xp.where(inside, row * width + column, 0).astype(np.int64)
                shares = [
                    (position - first if further else 1 - (position - first), 1 if further else -1)
                    for position, first, further in zip(
                        positions, firsts, (down, across), strict=True
                    )
                ]
                yield places, inside.astype(self.dtype), shares

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sampled images."""
        images, theta = bottom
        planes = images.data.reshape(*images.shape[:2], images.count_axes(2))
        found = top[0].data.reshape(*images.shape[:2], top[0].count_axes(2))
        found.fill(0)
        for places, inside, ((down, _), (across, _)) in self._neighbours(images, theta):
            values = self.xp.take_along_axis(planes, places[:, None], axis=2)
            found += values * (inside * down * across)[:, None]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of the images and of theta."""
        xp, (images, theta) = self.xp, bottom
        count, channels = images.shape[:2]
        dy = top[0].diff.reshape(count, channels, top[0].count_axes(2))
        planes = images.data.reshape(count, channels, images.count_axes(2))
        wants_images = propagate_down[0] and self.param.st_param.to_compute_dU
        if propagate_down[0]:
            images.diff.fill(0)
        flat = images.diff.reshape(-1) if wants_images else None
        starts = (
            xp.arange(count * channels, dtype=np.int64).reshape(count, channels, 1)
            * planes.shape[2]
        )
        moved = [xp.zeros((count, dy.shape[2]), dtype=self.dtype) for _ in range(2)]
        for places, inside, ((down, downward), (across, onward)) in self._neighbours(images, theta):
            if flat is not None:
                given = dy * (inside * down * across)[:, None]
                xp.add.at(flat, (starts + places[:, None]).reshape(-1), given.reshape(-1))
            if propagate_down[1]:
                values = xp.take_along_axis(planes, places[:, None], axis=2)
                change = xp.sum(values * dy, axis=1) * inside
                moved[0] += change * across * downward
                moved[1] += change * down * onward
        if propagate_down[1]:
            self._write_theta(moved, images, theta)

    def _write_theta(self, moved: Sequence[Any], images: Blob, theta: Blob) -> None:
        """Write the gradient of theta from those of rows and columns (N, places)."""
        found = self.xp.stack(
            [
                self.xp.matmul(gradient * (size / 2), self._points().T)
                for gradient, size in zip(moved, images.shape[2:], strict=True)
            ],
            axis=1,
        ).reshape(images.shape[0], 6)
        target = theta.diff.reshape(images.shape[0], len(self.free))
        for place, index in enumerate(self.free):
            target[:, place] = found[:, index]
