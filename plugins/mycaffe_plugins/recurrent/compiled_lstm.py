"""The LSTM layer's sequence with compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob

from .compiled_sequence import CompiledSequence
from .lstm_kernels import lstm_backward, lstm_forward


class CompiledLstm(CompiledSequence):
    """Runs an LSTM: ``sums`` (steps, batch, 4 H) become the gates i, f, o, g; ``activated`` is tanh(c)."""

    def reshape(self, batch: int) -> Any:
        """Allocate for that many sequences; return the states."""
        states, steps = super().reshape(batch), self.layer.steps
        self.memory = self.array("memory", steps + 1, batch, self.size)
        """c before the first step, then after each."""
        self.activated = self.array("activated", steps, batch, self.size)
        self.dc = self.array("dc", batch, self.size)
        return states

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Run the steps and write h."""
        x, cont, start = self.begin(bottom)
        (before, memory), (after, last) = self.states
        y, self.memory[0] = top[0].data, memory
        lstm_forward(
            self.packed, self.width, start, x, cont, self.order, before, self.inputs, self.memory, self.sums,
            self.activated, y,
        )  # fmt: skip
        after[...], last[...] = y[-1], self.memory[-1]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Backpropagate through time."""
        others = self.begin_backward(propagate_down, bottom)
        lstm_backward(
            self.weight, self.none, top[0].diff, bottom[1].data, self.order, self.inputs, self.memory,
            self.sums, self.activated, self.d_sums, self.dh, self.dc, self.alive, self.group, *others,
        )  # fmt: skip
        self.end_backward(propagate_down, bottom)
