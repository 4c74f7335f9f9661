"""The RNN layer's sequence with compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob

from .compiled_sequence import CompiledSequence, Layer
from .rnn_kernels import rnn_backward, rnn_forward


class CompiledRnn(CompiledSequence):
    """Runs an RNN; its output layer is a product of all steps, (steps * batch, H)."""

    def __init__(self, layer: Layer, output_weight: Blob, output_bias: Blob):
        super().__init__(layer)
        self.output_weight, self.output_bias = output_weight, output_bias

    def reshape(self, batch: int) -> Any:
        """Allocate for that many sequences; return the states."""
        states, count = super().reshape(batch), self.layer.steps * batch
        self.hidden, self.output, self.d_output, self.d_hidden = (
            self.array(name, self.layer.steps, batch, self.size)
            for name in ("hidden", "output", "d_output", "d_hidden")
        )
        self._by_row = [
            array.reshape(count, self.size)
            for array in (self.hidden, self.output, self.d_output, self.d_hidden)
        ]
        return states

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Run the steps and write tanh(W_ho h + b_o)."""
        x, cont, start = self.begin(bottom)
        hidden, output, *_ = self._by_row
        rnn_forward(
            self.packed, self.width, start, x, cont, self.order, self.states[0, 0], self.inputs, self.sums,
            self.hidden,
        )  # fmt: skip
        np.dot(hidden, self.output_weight.data.T, out=output)
        np.add(output, self.output_bias.data, out=output)
        np.tanh(output, out=output)
        top[0].data[...], self.states[1, 0] = self.output, self.hidden[-1]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Backpropagate through the output and through time."""
        weight, bias = self.output_weight, self.output_bias
        hidden, _, d_output, d_hidden = self._by_row
        np.multiply(self.output, self.output, out=self.d_output)
        np.subtract(1, self.d_output, out=self.d_output)
        np.multiply(self.d_output, top[0].diff, out=self.d_output)
        np.dot(d_output, weight.data, out=d_hidden)
        others = self.begin_backward(propagate_down, bottom)
        rnn_backward(
            self.weight, self.none, self.d_hidden, bottom[1].data, self.order, self.inputs, self.hidden,
            self.d_sums, self.dh, self.alive, self.group, *others,
        )  # fmt: skip
        self.end_backward(propagate_down, bottom)
        if self.layer.learns(weight):
            weight.diff[...] += d_output.T @ hidden
        if self.layer.learns(bias):
            bias.diff[...] += d_output.sum(axis=0)
