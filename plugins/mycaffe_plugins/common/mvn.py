"""The MVN layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import require_an_axis
from mycaffe_py.plugins import Only

from .channels import Channels
from .neuron import NeuronLayer


class MVN(NeuronLayer):
    """Mean and variance normalisation of each item's channels.

    Bottom x (N, C, ...), top y of the same shape; may work in place. Over each channel of each item,
    or with ``across_channels`` over each item, with mean m and standard deviation s:
    y = (x - m) / (s + eps), dx = (dy - mean(dy) - y * mean(dy * y) * (s + eps) / s) / (s + eps);
    without ``normalize_variance`` y = x - m and dx = dy - mean(dy).
    """

    recordable = True

    type = "MVN"
    group = "norm"
    parameters = ("mvn_param",)
    conditions = (Only("mvn_param.eps", when="normalize_variance"),)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        param = self.param.mvn_param
        self.normalizes, self.eps = param.normalize_variance, param.eps
        if self.eps < 0:
            self.fail(f"eps is {self.eps:g}, but must not be negative", field="mvn_param.eps")
        self._axes = 1 if param.across_channels else 2
        # Avoids a division by 0: where all values are equal, y is 0.
        self._min_deviation = float(np.finfo(self.dtype).tiny) * max(1.0, 2 * self.eps)
        self.planes = Channels(self)
        self._scratch = self.working_blob("scratch")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Count the planes, and give the top the bottom's shape."""
        super().reshape(bottom, top)
        require_an_axis(self, bottom[0])
        sizes = bottom[0].count_axes(0, self._axes), bottom[0].count_axes(self._axes)
        self.planes.resize(1, *sizes)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write x minus its mean, divided by its standard deviation."""
        planes = self.planes
        if not bottom[0].count:
            return
        x, y = planes.view(bottom[0].data), planes.view(top[0].data)
        self.xp.subtract(x, planes.column(planes.sum(x) / planes.each), out=y)
        if self.normalizes:
            self._deviation = self.xp.sqrt(planes.dot(y, y) / planes.each)
            self._divisor = self.xp.maximum(self._deviation + self.eps, self._min_deviation)
            self.xp.divide(y, planes.column(self._divisor), out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient without the components that mean and deviation absorb."""
        if not propagate_down[0] or not bottom[0].count:
            return
        planes = self.planes
        y, dy, dx = (planes.view(array) for array in (top[0].data, top[0].diff, bottom[0].diff))
        mean = planes.column(planes.sum(dy) / planes.each)
        if not self.normalizes:
            self.xp.subtract(dy, mean, out=dx)
            return
        self._scratch.reshape_like(bottom[0])
        scratch = planes.view(self._scratch.data)
        deviation = self.xp.maximum(self._deviation, self._min_deviation)
        slope = planes.dot(dy, y) / planes.each * (self._divisor / deviation)
        self.xp.multiply(y, planes.column(slope), out=scratch)
        self.xp.add(scratch, mean, out=scratch)
        self.xp.subtract(dy, scratch, out=scratch)
        self.xp.divide(scratch, planes.column(self._divisor), out=dx)
