"""Base classes of element-wise layers."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.cuda import elementwise
from mycaffe_py.functions import Activation
from mycaffe_py.layer import Layer


class NeuronLayer(Layer):
    """Base: one bottom and one top of the same shape, which may be the bottom itself."""

    group = "activation"
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = True

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the top the bottom's shape."""
        top[0].reshape_like(bottom[0])


class ActivationLayer(NeuronLayer):
    """Base: y = f(x), with the function that a subclass returns from ``make_activation``."""

    recordable = True

    def make_activation(self) -> Activation:
        """Return the function, made from ``self.param``."""
        raise TypeError(f"layer type {self.type} does not define make_activation()")

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the function and, to work in place if it needs x, a buffer for a copy of x."""
        self.activation = self.make_activation()
        self._forward = elementwise(self.device, self.activation.forward)
        self._backward = elementwise(self.device, self.activation.backward)
        in_place = top[0] is bottom[0]
        self._input = None
        if in_place and self.activation.keeps_input:
            self._input = self.working_blob("input")

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write f(x)."""
        if self._input is not None:
            self._input.reshape_like(bottom[0])
            self.xp.copyto(self._input.data, bottom[0].data)
        self._forward(bottom[0].data, top[0].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write dy * f'(x)."""
        if propagate_down[0]:
            x = (self._input or bottom[0]).data
            y, dy, dx = top[0].data, top[0].diff, bottom[0].diff
            self._backward(x, y, dy, dx)
