"""A CfC cell with a wiring: one cell for each layer, whose state is the input of the next at the same step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mycaffe_py.layer import Layer

from .cfc_cells import new_cfc_cell
from .cfc_settings import CfcBlobs, CfcSettings
from .step_buffers import StepBuffers
from .synapse_map import SynapseMap, layered_map
from .time_scales import TimeScales, join_time_scales
from .wiring import Wiring


class WiredCfcBlobs:
    """Adds the blobs of a wired cell to a layer: those of the cell's layers, in order.

    Layer l has ff1, ff2, time_a and time_b (with ``minimal`` ff1, w_tau and A), with one row for each of its
    neurons; columns are its inputs, then its own neurons.
    """

    def __init__(
        self, layer: Layer, settings: CfcSettings, wiring: Wiring, columns: int, prefix: str = ""
    ):
        self.wiring = wiring
        self.parts: list[tuple[CfcSettings, CfcBlobs]] = []
        self.storage_order: list[int] = []
        for index, neurons in enumerate(wiring.layers):
            own = replace(settings, hidden_size=len(neurons))
            blobs = CfcBlobs(layer, own, columns, f"{prefix}layer_{index}.")
            self.parts.append((own, blobs))
            self.storage_order += blobs.storage_order
            columns = len(neurons)


class WiredCfcCell:
    """The cells of a wiring's layers as one :class:`SequenceCell`, as in the ncps library.

    No layer has a backbone. The state is that of all layers, concatenated: inter, command and motor neurons of a
    neural circuit policy; the next layer sees a layer's new state in the same step. So each layer can run over the
    whole sequence before the next one does. Where the wiring has no synapse, the weights of ff1 and ff2 count as 0;
    the time heads are fully connected, and so are the neurons within a layer.
    """

    def __init__(self, layer: Layer, blobs: WiredCfcBlobs):
        self.wiring = blobs.wiring
        self.cells = [
            new_cfc_cell(layer, settings, where, sparsity=blobs.wiring.layer_mask(index))
            for index, (settings, where) in enumerate(blobs.parts)
        ]
        """The cell of each layer."""
        self.state_size = self.wiring.units
        self.output_size = self.wiring.motor_count
        # A single layer has its motor neurons first; otherwise they are the last layer.
        start = 0 if len(self.cells) == 1 else self.state_size - self.output_size
        self.output_rows = slice(start, start + self.output_size)
        self.output_map = None
        self.min_span, self.memory = self.cells[0].min_span, None
        self._buffers = StepBuffers(layer.xp, layer.dtype)
        self._parts, start = [], 0
        for cell in self.cells:
            self._parts.append(slice(start, start + cell.state_size))
            start += cell.state_size

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Allocate the buffers for a sequence of inputs (steps, columns, batch)."""
        self._buffers.start(batch)
        self.states = self._buffers.array("states", steps + 1, self.state_size)
        self.state_gradients = self._buffers.array("state_gradients", steps, self.state_size)
        self._state_gradient = self._buffers.array("state_gradient", self.state_size)
        below = None
        for cell in self.cells:
            cell.reshape(steps, batch, columns)
            columns = cell.state_size
            if below is not None:
                cell.inputs = below.states[1:]
            below = cell
        self.inputs = self.cells[0].inputs

    def forward(self, times: Any, dropping: bool) -> None:
        """Run over ``inputs`` and ``times`` (steps, batch) from ``states[0]``; fills ``states[1:]``."""
        for cell, part in zip(self.cells, self._parts, strict=True):
            cell.states[0] = self.states[0, part]
            cell.forward(times, dropping)
            self.states[1:, part] = cell.states[1:]

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate ``state_gradients``, what each of ``states[1:]`` gets from above, through time.

        Adds the weights' gradients to the layer's blobs if ``learns``.
        """
        above = None
        for cell, part in zip(reversed(self.cells), reversed(self._parts), strict=True):
            cell.state_gradients[...] = state_gradients[:, part]
            if above is not None:
                cell.state_gradients += above.input_gradients()
            cell.backward(cell.state_gradients, learns)
            self._state_gradient[part] = cell.initial_state_gradient
            above = cell

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]) after :meth:`backward`, (units, batch)."""
        return self._state_gradient

    def synapse_map(self) -> SynapseMap:
        """Return the synapses with their current weights."""
        matrices = [cell.synapse_weights() for cell in self.cells]
        gated = not self.cells[0].settings.minimal
        meaning = "mean weight of ff1 and ff2" if gated else "weight of ff1"
        return layered_map(self.wiring, matrices, meaning)

    def time_scales(self) -> TimeScales:
        """Return the time constants of all layers' neurons, after :meth:`forward` of a batch of one."""
        return join_time_scales([cell.time_scales() for cell in self.cells])

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""
        return self.cells[0].input_gradients()

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`: of all layers."""
        total = self.cells[0].time_gradients()
        for cell in self.cells[1:]:
            total += cell.time_gradients()
        return total
