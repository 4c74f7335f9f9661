"""LinearMap: a cell's own output map and the layer's fc, combined into one."""

from __future__ import annotations

from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class LinearMap:
    """y = weight v + bias, for the features v that are read out of a cell.

    ``fc`` is the index of fc's weight in the layer's blobs, with its bias after it; ``own`` are the cell's output_w and
    output_b, v' = output_w v + output_b. With both, weight = fc.weight output_w and bias = fc.weight output_b +
    fc.bias. At least one of them is given.
    """

    def __init__(self, layer: Layer, fc: int | None, own: tuple[Blob, Blob] | None):
        self._layer, self._fc, self._output_map, self.xp = layer, fc, own, layer.xp
        self._features = 0 if own is None else own[0].count

    @property
    def weight(self) -> Any:
        """The matrix (outputs, features)."""
        return (
            self._fc_weight()
            if self._output_map is None
            else self._fc_weight() * self._output_map[0].data
        )

    @property
    def bias(self) -> Any:
        """The vector (outputs,)."""
        bias = None if self._fc is None else self._layer.blobs[self._fc + 1].data
        if self._output_map is None:
            return bias
        own = self._output_map[1].data
        return own if bias is None else self.xp.dot(self._fc_weight(), own) + bias

    def _fc_weight(self) -> Any:
        """Return fc's weight; without an fc, the identity."""
        if self._fc is not None:
            return self._layer.blobs[self._fc].data
        return self.xp.eye(self._features, dtype=self._layer.dtype)

    @property
    def learns(self) -> bool:
        """Whether any of the blobs gets a gradient."""
        flags = self._layer.param_propagate_down
        if self._output_map is not None:
            return True
        return self._fc is not None and any(flags[self._fc : self._fc + 2])

    def add_gradients(self, of_weight: Any, of_bias: Any) -> None:
        """Add the blobs' gradients, given those of :attr:`weight` and :attr:`bias`."""
        if self._output_map is not None:
            (output_w, output_b), fc = self._output_map, self._fc_weight()
            diff = output_w.diff
            diff += (of_weight * fc).sum(axis=0)
            diff = output_b.diff
            diff += self.xp.dot(of_bias, fc)
            of_weight = of_weight * output_w.data + of_bias[:, None] * output_b.data
        for index, gradient in ((0, of_weight), (1, of_bias)):
            if self._fc is not None and self._layer.param_propagate_down[self._fc + index]:
                diff = self._layer.blobs[self._fc + index].diff
                diff += gradient
