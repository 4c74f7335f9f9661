"""The LRN layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, enum_name, require_images
from mycaffe_py.plugins import Only

from .pool_windows import PoolAxis

FIELD = "lrn_param"


class LRN(Layer):
    """Local response normalisation: divides each element by a power of the mean square around it.

    Bottom x (N, C, H, W), top y of the same shape: y = x s^-beta, s = k + alpha / n * (sum of x^2 over the window).
    ACROSS_CHANNELS: the window is the ``local_size`` channels around, n = local_size; WITHIN_CHANNEL: the local_size
    by local_size positions around, n = local_size^2, and k is 1 regardless of the file. Outside counts as 0.
    dx = dy s^-beta - 2 alpha beta / n * x * (sum of dy x s^(-beta - 1) over the window).
    """

    recordable = True

    type = "LRN"
    group = "norm"
    parameters = ("lrn_param",)
    conditions = (Only("lrn_param.k", when="norm_region: ACROSS_CHANNELS"),)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read and check the settings."""
        param = self.param.lrn_param
        size = param.local_size
        if size % 2 == 0:
            self.fail(f"local_size is {size}, but must be odd", field=f"{FIELD}.local_size")
        across = enum_name(param, "norm_region") == "ACROSS_CHANNELS"
        self.size, self.axes = size, (1,) if across else (2, 3)
        self.shift = param.k if across else 1.0
        self.beta = param.beta
        self.weight = param.alpha / size ** len(self.axes)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the top the bottom's shape."""
        require_images(self, bottom[0])
        top[0].reshape_like(bottom[0])
        pad = self.size // 2
        self.windows = [
            (axis, PoolAxis(bottom[0].shape[axis], self.size, 1, pad)) for axis in self.axes
        ]

    def _box_sum(self, values: Any) -> Any:
        """Return, as scratch, the sum of the values over the window around each position."""
        for index, (axis, windows) in enumerate(self.windows):
            summed = self._scratch(f"lrn sum {index}", values)
            windows.reduce(self.xp, self.xp.add, values, summed, axis, 0.0)
            values = summed
        return values

    def _scratch(self, name: str, like: Any) -> Any:
        return self.device.scratch(name, like.shape, self.dtype)

    def _scale(self, x: Any) -> tuple[Any, Any]:
        """Return, as scratch, s and s^beta."""
        xp = self.xp
        power = self._scratch("lrn power", x)
        xp.multiply(x, x, out=power)
        scale = self._box_sum(power)
        xp.multiply(scale, self.weight, out=scale)
        xp.add(scale, self.shift, out=scale)
        if self.beta == 0.75:
            root = self._scratch("lrn product", x)  # two square roots are cheaper than a power
            xp.sqrt(scale, out=power)
            xp.sqrt(power, out=root)
            xp.multiply(power, root, out=power)
        else:
            xp.power(scale, self.beta, out=power)
        return scale, power

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write x / s^beta."""
        x = bottom[0].data
        _, power = self._scale(x)
        self.xp.divide(x, power, out=top[0].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient; s is recomputed, which costs less than keeping it."""
        if not propagate_down[0]:
            return
        xp, x, dy, dx = self.xp, bottom[0].data, top[0].diff, bottom[0].diff
        scale, power = self._scale(x)
        product = self._scratch("lrn product", x)
        xp.divide(dy, power, out=dx)
        xp.multiply(dx, x, out=product)
        xp.divide(product, scale, out=product)
        product = self._box_sum(product)
        xp.multiply(product, x, out=product)
        xp.multiply(product, 2 * self.weight * self.beta, out=product)
        xp.subtract(dx, product, out=dx)
