"""The Reduction layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis, enum_name


class Reduction(Layer):
    """Reduces all axes from ``axis`` (default 0) on to one value.

    Bottom x; top y with the shape of x up to ``axis``, so a scalar for axis 0. With c = ``coeff``
    and K elements for each value, by ``operation``:
    SUM: y = c * sum(x), dx = c * dy; ASUM: y = c * sum(|x|), dx = c * dy * sign(x);
    SUMSQ: y = c * sum(x^2), dx = 2 * c * dy * x; MEAN: y = c * sum(x) / K, dx = c * dy / K.
    """

    recordable = True

    type = "Reduction"
    parameters = ("reduction_param",)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the operation."""
        self.operation = enum_name(self.param.reduction_param, "operation")
        self._scratch = self.working_blob("scratch")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the top the remaining axes."""
        x, param = bottom[0], self.param.reduction_param
        axis = blob_axis(self, x, param.axis, "reduction_param.axis")
        top[0].reshape(x.shape[:axis])
        self.sizes = x.count_axes(0, axis), x.count_axes(axis)
        self.factor = param.coeff
        if self.operation == "MEAN":
            self.factor /= max(1, self.sizes[1])
        if self.operation in ("ASUM", "SUMSQ"):
            self._scratch.reshape(self.sizes)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Reduce and multiply by the factor."""
        values = x = bottom[0].data.reshape(self.sizes)
        if self.operation == "ASUM":
            values = self.xp.absolute(x, out=self._scratch.data)
        elif self.operation == "SUMSQ":
            values = self.xp.multiply(x, x, out=self._scratch.data)
        y = top[0].data.reshape(self.sizes[0])
        self.xp.sum(values, axis=1, out=y)
        if self.factor != 1:
            self.xp.multiply(y, self.factor, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of all elements that went into each value."""
        if not propagate_down[0]:
            return
        x, dx = (array.reshape(self.sizes) for array in (bottom[0].data, bottom[0].diff))
        dy: Any = top[0].diff.reshape(self.sizes[0], 1) * self.factor
        if self.operation == "ASUM":
            self.xp.sign(x, out=dx)
            self.xp.multiply(dx, dy, out=dx)
        elif self.operation == "SUMSQ":
            self.xp.multiply(x, 2 * dy, out=dx)
        else:
            self.xp.copyto(dx, dy)
