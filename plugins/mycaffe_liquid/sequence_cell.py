"""SequenceCell: what a layer over a sequence asks of its cell."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer

from .memory import Memory
from .synapse_map import SynapseMap
from .time_scales import TimeScales
from .wiring import Wiring

LONGEST_SPAN = 1e12
"""Longer time spans count as this long: no cell tells them apart, and products of them stay finite in float32."""


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
    """Which features they are."""
    output_map: tuple[Blob, Blob] | None
    """The cell's own map of them, weights and biases of each, which comes before fc; None for none."""
    wiring: Wiring | None
    """Its synapses; None where every neuron has one to every other."""
    least_span: float | None
    """Time spans below it are refused; None takes any."""
    memory: Memory | None
    """What stands in front of the cell at each step; its ``states`` belong to the cell's state."""
    inputs: Any
    """(steps, columns, batch)"""
    states: Any
    """(steps + 1, state_size, batch): the initial state, then the state after each step."""
    by_step: Any
    """(steps, state_size, batch): the layer's own working memory, for dL/d(states)."""

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Make room for a sequence of inputs (steps, columns, batch)."""

    def forward(self, times: Any, dropping: bool) -> None:
        """Run over ``inputs`` and ``times`` (steps, batch) from ``states[0]``; fills ``states[1:]``.

        ``dropping`` applies dropout (the training phase).
        """

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate ``state_gradients``, what each of ``states[1:]`` gets from above, through time.

        Adds the weights' gradients to the layer's blobs if ``learns``.
        """

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]), (state_size, batch), after :meth:`backward`."""

    def synapse_map(self) -> SynapseMap:
        """Return the synapses of a cell with a wiring, with the weights that they have now."""

    def time_scales(self) -> TimeScales:
        """Return the neurons' time constants, after :meth:`forward` of a batch of one."""

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`."""


def refuse_short_spans(layer: Layer, cell: SequenceCell, name: str, spans: Any) -> None:
    """Fail if one of the ``spans`` (steps, batch), read from bottom ``name``, is below what the cell takes."""
    if cell.least_span is None:
        return
    spans = layer.device.to_host(spans)
    short = ~(spans >= cell.least_span)  # not a number, too
    if short.any():
        sample, step = np.argwhere(short.T)[0]
        layer.fail(
            f'bottom "{name}": the time span of sample {sample}, step {step} is {spans[step, sample]:g}, '
            f"expected at least {cell.least_span:g}",
        )
