"""The EuclideanLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer


class EuclideanLoss(LossLayer):
    """Half the mean, over the batch, of the squared distance.

    Bottoms a and b of N items, equally many elements each; top: a scalar.
    y = sum((a - b)^2) / (2 N); da = dy * (a - b) / N; db = -da.
    """

    recordable = True

    type = "EuclideanLoss"
    parameters = ()
    label_bottoms = ()
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Allocate a buffer for the difference."""
        self.difference = self.working_blob("difference")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top is a scalar."""
        super().reshape(bottom, top)
        self.require_same_count(bottom)
        self.difference.reshape_like(bottom[0])
        self.items = max(1, bottom[0].count_axes(0, 1))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write sum((a - b)^2) / (2 N)."""
        difference = self.difference.data
        self.xp.subtract(bottom[0].data, bottom[1].data.reshape(difference.shape), out=difference)
        flat = difference.reshape(-1)
        top[0].data[...] = self.xp.dot(flat, flat) / (2 * self.items)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the difference, scaled, to a and its negative to b."""
        for blob, sign, wanted in zip(bottom, (1, -1), propagate_down, strict=True):
            if wanted:
                scale = top[0].diff * (sign / self.items)
                difference = self.difference.data.reshape(blob.shape)
                self.xp.multiply(difference, scale, out=blob.diff)
