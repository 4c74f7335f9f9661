"""The base class of the layers that only change a blob's shape."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer


class SharingLayer(Layer):
    """Base: one bottom, and one top of another shape but as many elements, which shares data and diff.

    Nothing is copied: y = x and dx = dy are the same memory. Cannot work in place, since a blob has
    a single shape.
    """

    recordable = True

    group = "shape"
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def new_shape(self, bottom: Blob) -> tuple[int, ...]:
        """Return the top's shape, or fail."""
        raise TypeError(f"layer type {self.type} does not define new_shape()")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top and share the bottom's memory, which may have changed."""
        top[0].reshape(self.new_shape(bottom[0]))
        top[0].share_data(bottom[0])
        top[0].share_diff(bottom[0])

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return no cost: nothing is copied."""
        return Cost()

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: the top shares the data."""

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Do nothing: the bottom shares the gradient."""
