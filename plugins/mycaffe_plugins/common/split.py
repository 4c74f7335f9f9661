"""The Split layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, elementwise


class Split(Layer):
    """Passes one blob to several layers; inserted by the net automatically.

    One bottom x of any shape, one or more tops that share its data; dx = sum of the dy.
    """

    recordable = True

    type = "Split"
    group = "shape"
    parameters = ()
    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give every top the bottom's shape and data."""
        for blob in top:
            blob.reshape_like(bottom[0])
            blob.share_data(bottom[0])

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of adding up the gradients; forward does nothing."""
        return Cost(backward=elementwise(self, bottom, top, propagate_down).backward)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: the tops share the data."""

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add up the gradients of the tops."""
        if not propagate_down[0]:
            return
        dx = bottom[0].diff
        if len(top) == 1:
            self.xp.copyto(dx, top[0].diff)
            return
        self.xp.add(top[0].diff, top[1].diff, out=dx)
        for blob in top[2:]:
            self.xp.add(dx, blob.diff, out=dx)
