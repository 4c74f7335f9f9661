"""SequenceCell: the interface of a cell that a layer runs over a sequence."""

from __future__ import annotations

from typing import Any, Protocol

from mycaffe_py.blob import Blob

from .memory import Memory
from .synapse_map import SynapseMap
from .time_scales import TimeScales
from .wiring import Wiring

LONGEST_SPAN = 1e12
"""Longer time spans are clipped to this: cells cannot distinguish them, and their products stay finite in float32."""


class SequenceCell(Protocol):
    """A recurrent cell with its buffers for a whole sequence.

    Arrays are feature-major: (steps, features, batch), without the last axis where the batch is one. The
    layer writes ``inputs`` and ``states[0]``, calls :meth:`forward`, and reads ``states[1:]``.
    """

    state_size: int
    """Features of ``states``."""
    output_size: int
    """How many features of ``states`` are read out: all of them, or a wiring's motor neurons."""
    output_rows: slice
    """The slice of these features."""
    inputs: Any
    """(steps, columns, batch)"""
    states: Any
    """(steps + 1, state_size, batch): the initial state, then the state after each step."""
    state_gradients: Any
    """(steps, state_size, batch): the layer's working memory for dL/d(states)."""

    @property
    def output_map(self) -> tuple[Blob, Blob] | None:
        """The cell's own elementwise map of these features, weights and biases, before fc; None if there is none."""

    @property
    def wiring(self) -> Wiring | None:
        """Its synapses; None if every neuron has one to every other."""

    @property
    def min_span(self) -> float | None:
        """The smallest time span allowed; None for any."""

    @property
    def memory(self) -> Memory | None:
        """The mixed memory, run before the cell at each step; its ``states`` are part of the cell's state."""

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Allocate the buffers for a sequence of inputs (steps, columns, batch)."""

    def forward(self, times: Any, dropping: bool) -> None:
        """Run over ``inputs`` and ``times`` (steps, batch) from ``states[0]``; fills ``states[1:]``.

        ``dropping`` applies dropout (the training phase).
        """

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate ``state_gradients``, what each of ``states[1:]`` gets from above, through time.

        Adds the weights' gradients to the layer's blobs if ``learns``. ``state_gradients`` of the cell itself may be
        overwritten.
        """

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]), (state_size, batch), after :meth:`backward`."""

    def synapse_map(self) -> SynapseMap | None:
        """Return the synapses with their current weights; None for a cell without a wiring."""

    def time_scales(self) -> TimeScales:
        """Return the neurons' time constants, after :meth:`forward` of a batch of one."""

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`."""
