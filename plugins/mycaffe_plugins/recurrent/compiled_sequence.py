"""How LSTM and RNN run with compiled kernels: their arrays, and the gradients of weights and inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.compiled import AlignedBuffers, block_width, pack

from .recurrent_shapes import Recurrent
from .sequence_kernels import count_going_on

_ALIGNED = 16
"""Rows begin at a multiple of that many numbers, a cache line in float32."""
_LANES = 8
"""Numbers of a vector: columns of the gradient of x are filled up to that."""
_FEW = 8
"""Batches of fewer sequences keep their order."""

_ROWS = 128
"""Rows of a product for the weights' gradients, for which they are collected from several steps."""


class Layer(Recurrent, Protocol):
    """What is asked of the layer: its sizes and weights."""

    dtype: Any
    rows: int
    inputs: int
    bias: Blob
    hidden_weight: Blob

    def learns(self, blob: Blob) -> bool:
        """Whether the gradient of a weight is wanted."""


class CompiledSequence(ABC):
    """The sequence of a layer, batch-major: arrays are (steps, sequences, features).

    The rows of ``inputs`` are [h | x | 1], h times cont: one product gives the sums, and others the gradients of the
    weights and the bias. Rows of ``inputs``, ``sums`` and ``d_sums`` are in the order of ``order``, by the number of
    steps at which a sequence goes on: at steps where a sequence begins, or has not begun yet, h is 0 and left out of
    the product. The other arrays have the order of the layer's blobs.
    """

    def __init__(self, layer: Layer):
        self.layer, self.dtype = layer, layer.dtype
        self.rows, self.size, self.features = layer.rows, layer.size, layer.inputs
        self.used = self.size + self.features
        """Columns of a row that the weights are for; 1 follows."""
        self.stride = -(-(self.used + 1) // _ALIGNED) * _ALIGNED
        if self.stride % 128 == 0:
            self.stride += _ALIGNED
        self._buffers = AlignedBuffers(self.dtype)
        self.weight = self.array("weight", self.rows, self.stride)
        """(rows, stride): [W_h | W_x]."""
        self.packed = self.array("packed", self.rows * self.used)
        self._wide = -(-self.features // _LANES) * _LANES
        self.none = self.array("none", 1, max(self.size, self._wide))
        self._dw_x = self.array("dw_x", self.features + 1, self.rows)
        """The gradients of W_x.T and the bias."""

    def array(self, name: str, *shape: int) -> Any:
        """Return the array of that name; its memory only grows."""
        return self._buffers.array(name, *shape)

    def reshape(self, batch: int) -> Any:
        """Allocate for that many sequences; return the initial and the last states (2, parts, size, batch), cleared."""
        layer, steps = self.layer, self.layer.steps
        self.batch, self.width = batch, block_width(batch)
        self.group = min(steps, max(1, _ROWS // max(batch, 1)))
        """Steps whose weight gradients are computed at once."""
        self.states = self.array("states", 2, len(layer.state_names), batch, self.size)
        self.states.fill(0)
        self.inputs = self.array("inputs", steps, batch, self.stride)
        self.inputs[:, :, self.used] = 1
        self.sums = self.array("sums", steps, batch, self.rows)
        self.d_sums = self.array("d_sums", self.group, batch, self.rows)
        self._of_x = self.array("of_x", self.group * batch, self._wide)
        self.dh = self.array("dh", batch, self.size)
        self.alive = np.zeros(batch, dtype=bool)
        self._counts, self._in_order = np.zeros(batch, dtype=np.int64), np.arange(batch)
        self.order = self._in_order
        return self.states.transpose(0, 1, 3, 2)

    @abstractmethod
    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Run the steps from ``states[0]``; write the output and ``states[1]``."""

    @abstractmethod
    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Backpropagate through time."""

    # Forward.

    def begin(self, bottom: Sequence[Blob]) -> tuple[Any, Any, Any]:
        """Gather the weights; return x (steps, batch, features), cont, and what the sums start from, a row or rows."""
        layer, size, used = self.layer, self.size, self.used
        self.weight[:, :size] = layer.hidden_weight.data
        self.weight[:, size:used] = layer.input_weight.data
        pack(self.weight[:, :used], self.packed, self.width)
        cont = bottom[1].data
        self.order = self._order_of(cont)
        start = layer.bias.data.reshape(1, -1)
        if layer.static:
            weight = layer.static_weight.data.T
            start = bottom[2].data.reshape(self.batch, len(weight))[self.order] @ weight + start
        return bottom[0].data.reshape(layer.steps, self.batch, self.features), cont, start

    def _order_of(self, cont: Any) -> Any:
        """Return the order of the rows: those that go on at most steps first, if that saves anything."""
        if self.batch < _FEW or not count_going_on(cont, self._counts):
            return self._in_order
        return np.argsort(-self._counts, kind="stable")

    # Backward.

    def begin_backward(
        self, propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> tuple[Any, ...]:
        """Return the arrays for gradients: of W_h, W_x with the bias, each sequence, and x before and after sorting."""
        layer = self.layer
        learning = map(layer.learns, (layer.input_weight, layer.bias, layer.hidden_weight))
        dw_h = layer.hidden_weight.diff
        if not layer.learns(layer.hidden_weight):
            dw_h = self.array("dw_h", self.rows if any(learning) else 0, self.size)
        self._dw_x.fill(0)
        self._d_total = self.array("d_total", self.batch if layer.static else 0, self.rows)
        self._d_total.fill(0)
        shape = (layer.steps, self.batch, self.features)
        dx = bottom[0].diff.reshape(shape) if propagate_down[0] else self.array("dx", 0, *shape[1:])
        return dw_h, self._dw_x, self._d_total, self._of_x, dx

    def end_backward(self, propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        """Hand the gradients to the blobs of the other weights and of x_static, as far as wanted."""
        layer = self.layer
        if layer.learns(layer.input_weight):
            layer.input_weight.diff[...] += self._dw_x[:-1].T
        if layer.learns(layer.bias):
            layer.bias.diff[...] += self._dw_x[-1]
        if layer.static:
            self._propagate_static(bottom[2], propagate_down[2])

    def _propagate_static(self, static: Blob, wanted: bool) -> None:
        weight, order, total = self.layer.static_weight, self.order, self._d_total
        shape = (self.batch, weight.shape[1])
        if self.layer.learns(weight):
            weight.diff[...] += total.T @ static.data.reshape(shape)[order]
        if wanted:
            static.diff.reshape(shape)[order] = total @ weight.data
