"""The Flatten layer."""

from __future__ import annotations

from mycaffe_py.blob import Blob
from mycaffe_py.layer import blob_axis

from .sharing import SharingLayer


class Flatten(SharingLayer):
    """Merges the axes ``axis`` to ``end_axis`` (inclusive; default: all but the first) into one.

    Bottom (a, b, c, d) with axis 1 and end_axis 2: top (a, b * c, d), sharing data and diff. An
    end_axis just before axis adds an axis of size 1 there, as it does in Caffe.
    """

    type = "Flatten"
    parameters = ("flatten_param",)

    def new_shape(self, bottom: Blob) -> tuple[int, ...]:
        """Return the bottom's shape with the axes merged."""
        param = self.param.flatten_param
        start = blob_axis(self, bottom, param.axis, "flatten_param.axis")
        end = blob_axis(self, bottom, param.end_axis, "flatten_param.end_axis") + 1
        if start > end:
            self.fail(
                f'end_axis {param.end_axis} lies before axis {param.axis} in bottom "{bottom.name}" '
                f"{bottom.shape}",
                field="flatten_param.end_axis",
            )
        return (*bottom.shape[:start], bottom.count_axes(start, end), *bottom.shape[end:])
