"""The Gather layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import blob_axis

from .indexing import PickingLayer


class Gather(PickingLayer):
    """Picks slices along one axis by index, in any order and with repetitions.

    Bottoms: x and indices of any shape, each in [0, the dimension of x at ``axis``), by default axis
    0. Top: the shape of x with that of the indices in place of the axis. dx is the sum of the dy of each
    slice's copies. The indices have no gradient.
    """

    type = "Gather"
    parameters = ("gather_param",)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Put the shape of the indices in place of the axis."""
        axis = blob_axis(self, bottom[0], self.param.gather_param.axis, "gather_param.axis")
        self.pick_along(axis, bottom, top)
