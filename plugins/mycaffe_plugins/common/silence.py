"""The Silence layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, elementwise


class Silence(Layer):
    """Consumes blobs that nothing else uses, so that they are not outputs of the net.

    One or more bottoms of any shape, no tops; dx = 0.
    """

    recordable = True

    type = "Silence"
    parameters = ()
    min_bottom_blobs = 1
    exact_num_top_blobs = 0
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: there are no tops."""

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of writing zeros, backward; forward does nothing."""
        return Cost(backward=elementwise(self, bottom, top, propagate_down, 0).backward)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing."""

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write zero gradients."""
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0
