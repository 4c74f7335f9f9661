"""The Concat layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, along, axis_setting


class Concat(Layer):
    """Joins blobs along one axis.

    One or more bottoms that agree in every dimension but ``axis`` (default 1); one top, whose
    dimension there is the sum of theirs. dx_i is the part of dy that came from bottom i. With one
    bottom the top shares its data and diff.
    """

    recordable = True

    type = "Concat"
    group = "shape"
    parameters = ("concat_param",)
    min_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and add up their dimensions along the axis."""
        first = bottom[0]
        param = self.param.concat_param
        self.axis = axis = axis_setting(self, param, first, "concat_param", "concat_dim")
        self.parts: list[tuple[slice, ...]] = []
        end = 0
        for blob in bottom:
            agrees = (
                blob.num_axes == first.num_axes
                and blob.shape[:axis] == first.shape[:axis]
                and blob.shape[axis + 1 :] == first.shape[axis + 1 :]
            )
            if not agrees:
                self.fail(
                    f'bottom "{first.name}" {first.shape} and bottom "{blob.name}" {blob.shape} '
                    f"must have the same dimensions except along axis {axis}"
                )
            self.parts.append(along(axis, end, end + blob.shape[axis]))
            end += blob.shape[axis]
        top[0].reshape(*first.shape[:axis], end, *first.shape[axis + 1 :])
        if len(bottom) == 1:
            top[0].share_data(first)
            top[0].share_diff(first)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the bottoms, one after another."""
        if len(bottom) > 1:
            arrays = [blob.data for blob in bottom]
            self.xp.concatenate(arrays, axis=self.axis, out=top[0].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Copy each part of the gradient to its bottom."""
        if len(bottom) > 1:
            dy = top[0].diff
            for blob, part, wanted in zip(bottom, self.parts, propagate_down, strict=True):
                if wanted:
                    self.xp.copyto(blob.diff, dy[part])
