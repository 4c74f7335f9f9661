"""What SmoothL1Loss and SmoothL1LossOHEM share: weighted smooth L1 distances and their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer

from ..smooth_l1 import smooth_l1, smooth_l1_slope


class SmoothL1Cost(LossLayer):
    """Base: bottoms a and b, perhaps inside weights u and outside weights v, of one size; costs v f(u (a - b)).

    f is :func:`smooth_l1` with ``steepness``; the loss is the sum of the costs over ``normalizer``.
    da = dy v u f'(u (a - b)) / normalizer; db = -da; weights get 0.
    """

    steepness = 1.0
    normalizer: Any = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Allocate what is kept for the way back."""
        self.difference, self._cost, self._scratch = map(
            self.working_blob, ("difference", "cost", "scratch")
        )

    def reshape_buffers(self, like: Blob) -> None:
        """Give the buffers the shape of a."""
        for blob in (self.difference, self._cost, self._scratch):
            blob.reshape_like(like)

    def costs(self, bottom: Sequence[Blob]) -> Any:
        """Return the cost of each element, in a buffer; keeps u (a - b)."""
        xp, difference, cost = self.xp, self.difference.data, self._cost.data
        shape = difference.shape
        xp.subtract(bottom[0].data, bottom[1].data.reshape(shape), out=difference)
        if len(bottom) > 2:
            xp.multiply(difference, bottom[2].data.reshape(shape), out=difference)
        smooth_l1(xp, difference, self.steepness, cost, self._scratch.data)
        if len(bottom) > 3:
            xp.multiply(cost, bottom[3].data.reshape(shape), out=cost)
        return cost

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of a and its negative to b."""
        xp, slope = self.xp, self._scratch.data
        smooth_l1_slope(xp, self.difference.data, self.steepness, slope)
        for weights in bottom[2:]:
            xp.multiply(slope, weights.data.reshape(slope.shape), out=slope)
        for blob, sign, wanted in zip(bottom[:2], (1, -1), propagate_down[:2], strict=True):
            if wanted:
                scale = top[0].diff * (sign / self.normalizer)
                xp.multiply(slope.reshape(blob.shape), scale, out=blob.diff)
        for blob, wanted in zip(bottom[2:], propagate_down[2:], strict=True):
            if wanted:
                blob.diff.fill(0)
