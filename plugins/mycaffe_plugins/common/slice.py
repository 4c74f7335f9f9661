"""The Slice layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, along, axis_setting


class Slice(Layer):
    """Splits a blob into parts along one axis.

    One bottom, one or more tops. The cuts lie at ``slice_point`` (one fewer than tops, strictly
    increasing) or, without it, so that all tops have the same size. ``axis`` is 1 by default. dx is
    the concatenated dy. With one top it shares the bottom's data and diff.
    """

    recordable = True

    type = "Slice"
    group = "shape"
    parameters = ("slice_param",)
    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Place the cuts and shape the tops."""
        shape = bottom[0].shape
        param = self.param.slice_param
        axis = axis_setting(self, param, bottom[0], "slice_param", "slice_dim")
        edges = [0, *self._cuts(bottom[0], axis, len(top)), shape[axis]]
        self.parts = [along(axis, start, stop) for start, stop in pairwise(edges)]
        for blob, (start, stop) in zip(top, pairwise(edges), strict=True):
            blob.reshape(*shape[:axis], stop - start, *shape[axis + 1 :])
        if len(top) == 1:
            top[0].share_data(bottom[0])
            top[0].share_diff(bottom[0])

    def _cuts(self, bottom: Blob, axis: int, tops: int) -> list[int]:
        size, points = bottom.shape[axis], list(self.param.slice_param.slice_point)
        place = f'bottom "{bottom.name}" {bottom.shape} along axis {axis}'
        if not points:
            if size % tops:
                self.fail(f"cannot cut {place} into {tops} equal parts: give slice_point")
            return [size // tops * index for index in range(1, tops)]
        field = "slice_param.slice_point"
        if len(points) != tops - 1:
            self.fail(f"{tops} tops need {tops - 1} slice_point, got {len(points)}", field=field)
        edges = [0, *points, size]
        if any(start >= stop for start, stop in pairwise(edges)):
            self.fail(
                f"slice_point {points} must be strictly increasing and lie inside {place}",
                field=field,
            )
        return points

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy each part to its top."""
        if len(top) > 1:
            for blob, part in zip(top, self.parts, strict=True):
                self.xp.copyto(blob.data, bottom[0].data[part])

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Copy the gradient of each part back to its place."""
        if propagate_down[0] and len(top) > 1:
            for blob, part in zip(top, self.parts, strict=True):
                self.xp.copyto(bottom[0].diff[part], blob.diff)
