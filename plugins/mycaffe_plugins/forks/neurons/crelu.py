"""The CReLU layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py import functions
from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis


class CReLU(Layer):
    """ReLU of x and of -x, one after the other along an axis (Shang et al. 2016).

    Bottom x, such as (N, C, H, W); top y, twice as large along ``concat_axis`` (default 1): (N, 2 C, H, W).
    With f(x) = max(x, 0) + negative_slope * min(x, 0), y = [f(x), f(-x)] and
    dx = dy_first * f'(x) - dy_second * f'(-x). PVANet's pair of Power and Concat before a ReLU is the same.
    """

    recordable = True

    type = "CReLU"
    group = "activation"
    fork = "Cambricon"
    parameters = ("crelu_param",)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Make the two functions and allocate buffers for -x and for a gradient."""
        slope = self.param.crelu_param.negative_slope
        self._halves = tuple(functions.ReLU(slope) for _ in range(2))
        self._negative, self._gradient = map(self.working_blob, ("negative", "gradient"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Make the top twice as large along the axis."""
        x, field = bottom[0], "crelu_param.concat_axis"
        axis = blob_axis(self, x, self.param.crelu_param.concat_axis, field)
        shape = list(x.shape)
        shape[axis] *= 2
        top[0].reshape(*shape)
        self._sizes = x.count_axes(0, axis), x.count_axes(axis)
        for blob in (self._negative, self._gradient):
            blob.reshape(*self._sizes)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write f(x) and f(-x)."""
        x, negative = bottom[0].data.reshape(self._sizes), self._negative.data
        self.xp.negative(x, out=negative)
        outer, inner = self._sizes
        y = top[0].data.reshape(outer, 2, inner)
        for index, values in enumerate((x, negative)):
            self._halves[index].forward(self.xp, values, y[:, index])

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write dy_first * f'(x) - dy_second * f'(-x)."""
        if not propagate_down[0]:
            return
        outer, inner = self._sizes
        y, dy = (array.reshape(outer, 2, inner) for array in (top[0].data, top[0].diff))
        x, dx = (array.reshape(self._sizes) for array in (bottom[0].data, bottom[0].diff))
        gradient = self._gradient.data
        self._halves[0].backward(self.xp, x, y[:, 0], dy[:, 0], dx)
        self._halves[1].backward(self.xp, self._negative.data, y[:, 1], dy[:, 1], gradient)
        self.xp.subtract(dx, gradient, out=dx)
