"""The LTC cell with compiled kernels (extra ``fast``): the whole sequence in one call each way.

Its arrays are batch-major, with the neurons of a sample side by side in rows of whole vectors; what the layers and
the plain cell's formulas see are views of them in the usual order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.compiled import HOST, AlignedBuffers, aligned_zeros, padded
from mycaffe_py.layer import Layer

from . import ltc_kernels as kernels
from .ltc_cell import LtcCell
from .ltc_pairs import PairList
from .ltc_settings import LtcBlobs, SynapseBlobs
from .ltc_synapses import add_synapse_gradients
from .memory import Memory

_CHUNK = 32
"""Samples that go through a step together on the way back: their gradients stay in the first cache."""


class CompiledSynapses:
    """Like :class:`Synapses`, for potentials (samples, I), flow and conductance (samples, 2, J and padding)."""

    def __init__(self, blobs: SynapseBlobs):
        self.blobs, dtype = blobs, blobs.w.dtype
        sources, targets = blobs.w.shape
        lanes = HOST.width // dtype.itemsize
        self.pairs = PairList(sources, targets, lanes, blobs.w.mask)
        self.places = self.pairs.sources * dtype.itemsize
        self.places_back = self.pairs.blocks_back * lanes * dtype.itemsize
        """(pairs,) each: the places of sources, and by source those of blocks, in a row of neurons, in bytes."""
        self.width = padded(lanes * (len(self.pairs.first_of_block) - 1))
        """Length of a row of targets."""
        self.weights, self.weights_back, self.sums = (
            aligned_zeros((len(self.pairs), 4, lanes), dtype) for _ in range(3)
        )
        """(pairs, 4, lanes) each: the weights by block, and by source; the sums of the latter's gradients."""
        self._dense_sums = aligned_zeros((4, sources, targets), dtype)
        self._constant = np.zeros((2, targets), dtype)
        self.constant = self._constant.T
        """(J, 2): flow and conductance of each target where th is 0."""
        self.totals, self.spans = (aligned_zeros((_CHUNK, lanes), dtype) for _ in range(2))
        """(chunk, lanes): working memory of kernels, which they leave at 0."""
        self.flows = aligned_zeros((_CHUNK, 2, self.width), dtype)

    def prepare(self) -> None:
        """Compute everything that depends on the current weights alone."""
        blobs, pairs = self.blobs, self.pairs
        self._used = blobs.w.used()
        kernels.pack_weights(
            blobs.sigma.data, blobs.mu.data, self._used, blobs.erev.data,
            pairs.sources, pairs.blocks, self.weights, self._constant,
        )  # fmt: skip

    def forward(self, potentials: Any, start: Any, out: Any) -> None:
        """Write start (2, J) + flow and conductance into ``out`` (samples, 2, J)."""
        kernels.flow_forward(
            self.weights, self.places, self.pairs.first_of_block, potentials, start, out
        )

    def start_backward(self) -> None:
        """Reset the sums of the last backward pass."""
        np.take(self.weights, self.pairs.by_source, axis=0, out=self.weights_back, mode="clip")
        self.sums.fill(0)

    def backward(self, potentials: Any, gradients: Any, out: Any) -> None:
        """Add the gradient of ``potentials`` to ``out`` (samples, I), and those of the weights to the sums."""
        pairs = self.pairs
        kernels.flow_backward(
            self.weights_back, self.places_back, pairs.first_of_source,
            potentials, gradients, self.sums, self.totals, out,
        )  # fmt: skip

    def add_weight_gradients(self, totals: Any) -> None:
        """Add the blobs' gradients of the backward passes; ``totals`` (J, 2) are the sums of their ``gradients``."""
        pairs = self.pairs
        kernels.unpack_sums(self.sums, pairs.sources_back, pairs.blocks_back, self._dense_sums)
        add_synapse_gradients(self.blobs, self._used, tuple(self._dense_sums), totals)


class CompiledLtcCell(LtcCell):
    """An :class:`LtcCell` with compiled kernels in the place of its loops over steps and unfolds."""

    def __init__(self, layer: Layer, blobs: LtcBlobs, memory: Memory | None = None):
        super().__init__(layer, blobs, memory)
        size, width = self.state_size, self._synapses.width
        self._aligned = AlignedBuffers(self.dtype)
        # Flow and conductance without synapses; the padding's conductance is 1, so that nothing is divided by 0.
        self._start = np.zeros((2, width), self.dtype)
        self._start[1, size:] = 1
        self._capacities, self._of_capacities = (
            np.ones(width, self.dtype),
            np.zeros(width, self.dtype),
        )
        self._of_cm = self._of_capacities[:size, None]

    def _new_synapses(self, blobs: SynapseBlobs) -> Any:
        return CompiledSynapses(blobs)

    def _allocate(self, columns: int) -> None:
        steps, batch, unfolds = self.steps, self.batch, self.settings.unfolds
        width, size = self._synapses.width, self.state_size
        array = self._aligned.array
        self._state_rows = array("states", steps + 1, batch, width)
        self._start_rows = self._state_rows
        if self.memory is not None:
            self._start_rows = array("starts", steps, batch, width)
        self._between = array("between", steps, unfolds - 1, batch, width)
        self._rates = array("rates", steps, unfolds, batch, width)
        self._inverse_rows = array("inverses", steps, unfolds, batch, width)
        self._leak_rows = array("leak", steps, batch, 2, width)
        self._of_leak_rows = array("of_leak", steps, batch, 2, width)
        self._given_rows = array("given", steps, batch, size)
        self._gradient_rows = array("of_state", batch, width)
        self._input_rows = array("inputs", steps, batch, columns)
        self._mapped_rows = array("mapped", steps, batch, columns)
        self._of_mapped_rows = array("of_mapped", steps, batch, columns)
        self._input_gradients = array("of_inputs", steps, columns, batch)
        self._capacity_factor, self._rate_factor, self._time_gradient = (
            array(name, steps, batch) for name in ("hold", "pace", "of_times")
        )
        # As the layers and the plain cell's formulas see them.
        self._states = self._state_rows[..., :size].transpose(0, 2, 1)
        self._inverses = self._inverse_rows[..., :size]
        self._inputs = self._input_rows.transpose(0, 2, 1)
        self._gradients_above = self._given_rows.transpose(0, 2, 1)
        self._state_gradient = self._gradient_rows[:, :size].T
        self._leak_gradient = self._of_leak_rows[..., :size].transpose(3, 2, 0, 1)
        self._mapped_gradient = self._of_mapped_rows.transpose(2, 0, 1)

    def _samples(self, rows: Any) -> Any:
        """Return a view of (steps, batch, ...) with both as one axis."""
        return rows.reshape(self.steps * self.batch, *rows.shape[2:])

    # Forward.

    def _feed_input(self) -> None:
        mapped, size = self._mapped_rows, self.state_size
        np.multiply(self._input_rows, self.blobs.input_w.data, out=mapped)
        mapped += self.blobs.input_b.data
        self._start[:, :size] = self._constant[:, :, 0].T
        self._sensory.forward(self._samples(mapped), self._start, self._samples(self._leak_rows))

    def _run(self) -> None:
        size, memory = self.state_size, self.memory
        self._capacities[:size] = self._cm
        self._start_rows[..., size:] = 0
        if memory is None:
            self._run_steps(0, self.steps)
            return
        memory.begin(self.inputs)
        remember, outputs = memory.stepper(list(self.states))
        for step in range(self.steps):
            remember(step)
            self._start_rows[step, :, :size] = outputs[step].reshape(size, self.batch).T
            self._run_steps(step, step + 1)

    def _run_steps(self, first: int, last: int) -> None:
        synapses = self._synapses
        kernels.steps_forward(
            synapses.weights, synapses.places, synapses.pairs.first_of_block, first, last,
            self._start_rows, self._state_rows, self._between, self._rates, self._inverse_rows,
            self._leak_rows, self._capacities, self._capacity_factor, self._rate_factor,
        )  # fmt: skip

    def _conductances(self) -> Any:
        synapses, size = self._synapses, self.state_size
        start, out = (
            np.zeros_like(self._start),
            np.empty((self.steps, 2, synapses.width), self.dtype),
        )
        first = np.ascontiguousarray(self._start_rows[: self.steps, 0])
        synapses.forward(first, start, out)
        return (out[:, 1] + self._leak_rows[:, 0, 1])[:, :size]

    # Backward.

    def _run_back(self, given: Any, learns: bool) -> None:
        # The gradients of the weights cost too little to leave them out.
        if not np.shares_memory(given, self._given_rows):
            self._gradients_above[...] = given
        self._gradient_rows.fill(0)
        if self.memory is None:
            self._run_steps_back(0, self.steps)
        else:
            self._run_back_with(self.memory)
        self._time_gradient /= self.settings.unfolds

    def _run_back_with(self, memory: Memory) -> None:
        memory.begin_backward()
        back, gradient = memory.back_stepper(), self.initial_state_gradient
        adjacent = np.empty(gradient.shape, self.dtype)
        for step in range(self.steps - 1, -1, -1):
            self._run_steps_back(step, step + 1)
            adjacent[...] = gradient
            back(step, adjacent)
            gradient[...] = adjacent

    def _run_steps_back(self, first: int, last: int) -> None:
        synapses, pairs = self._synapses, self._synapses.pairs
        kernels.steps_backward(
            synapses.weights_back, synapses.places_back, pairs.first_of_source, first, last,
            self._start_rows, self._state_rows, self._between, self._rates, self._inverse_rows,
            self._capacities, self._capacity_factor, self._rate_factor, self._given_rows,
            self._gradient_rows, synapses.flows, self._of_leak_rows, synapses.sums,
            synapses.totals, synapses.spans, self._of_capacities, self._time_gradient,
        )  # fmt: skip

    def _feed_back(self, learns: bool) -> None:
        self._of_mapped_rows.fill(0)
        self._sensory.backward(
            self._samples(self._mapped_rows),
            self._samples(self._of_leak_rows),
            self._samples(self._of_mapped_rows),
        )
