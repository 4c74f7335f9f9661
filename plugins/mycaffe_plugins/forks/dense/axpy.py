"""The Axpy layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class Axpy(Layer):
    """Weights the channels of one blob and adds another: y = a x + b, as squeeze-and-excitation nets do.

    Bottoms: a (N, C) or (N, C, 1, 1), x (N, C, ...) and b of x's shape; top y of the same shape.
    da = the sum of dy x over each channel of a sample, dx = a dy, db = dy. (Hu et al. 2017.)
    """

    recordable = True

    type = "Axpy"
    fork = "SENet"
    group = "math"
    parameters = ()
    exact_num_bottom_blobs = 3
    exact_num_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the shapes fit each other; the top has that of x."""
        a, x, b = bottom
        if x.num_axes < 2:
            self.fail(f'bottom "{x.name}" {x.shape} must have at least 2 axes: (N, C, ...)')
        if a.shape not in (x.shape[:2], (*x.shape[:2], 1, 1)):
            self.fail(
                f'bottom "{a.name}" {a.shape} must hold a number for each sample and channel of bottom '
                f'"{x.name}" {x.shape}: expected {(*x.shape[:2], 1, 1)}'
            )
        if b.shape != x.shape:
            self.fail(
                f'bottom "{x.name}" {x.shape} and bottom "{b.name}" {b.shape} must have the same shape'
            )
        self._planes = (x.shape[0] * x.shape[1], x.count_axes(2))
        top[0].reshape_like(x)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write a x + b."""
        a, x, b = (blob.data for blob in bottom)
        y = top[0].data.reshape(self._planes)
        self.xp.multiply(x.reshape(self._planes), a.reshape(-1, 1), out=y)
        self.xp.add(y, b.reshape(self._planes), out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the three gradients."""
        xp, dy = self.xp, top[0].diff.reshape(self._planes)
        a, x, b = bottom
        if propagate_down[0]:
            products = self.device.scratch("axpy", self._planes, self.dtype)
            xp.multiply(dy, x.data.reshape(self._planes), out=products)
            xp.sum(products, axis=1, out=a.diff.reshape(-1))
        if propagate_down[1]:
            xp.multiply(dy, a.data.reshape(-1, 1), out=x.diff.reshape(self._planes))
        if propagate_down[2]:
            xp.copyto(b.diff, top[0].diff)
