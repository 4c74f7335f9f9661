"""The CFC layer: a liquid net over a sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TRAIN, Cost, Layer

from .batch_parts import BatchDivision, BatchPart
from .cell_cost import cell_cost
from .cells import cell_of
from .cfc_inputs import InputComposer, observed_lengths, steps_beyond
from .conditions import LAYER_CONDITIONS
from .explaining import explain
from .readout import Readout
from .timespans import TimeSpans


class CfcLayer(Layer):
    """Runs a liquid cell over a sequence and reads out the state after the last observed step, or after every step.

    Bottoms: x (N, T, F), or (N, T) for one feature; tt (N, T) or (N, T, 1), the time spans for the cell or,
    with ``time: ABSOLUTE``, the times whose differences they are (see :class:`TimeSpans`);
    optionally mask (N, T, F) or (N, T, 1), 1 where observed; with ``initial_state`` the initial
    state, (N, S), which is 0 otherwise. Tops: (N, output_features), with
    ``return_sequences`` (N, T, output_features); optionally the state after the last step, (N, S). S is
    hidden_size; with ``use_mixed`` the LSTM's memory follows, and S is twice as large.

    With a mask, o_t = fc(h_t) replaces the output where any feature is observed:
    y_t = c_t o_t + (1 - c_t) y_(t-1) with c_t = max over features of mask_t; a sample that was never
    observed gives 0. Steps after a sample's last observed one then have no effect and need not be computed, unless
    the outputs of all steps or the last state are asked for. ``return_sequences`` gives fc(h_t) itself, regardless
    of the mask.

    A long sequence may be run in pieces, each starting from the last state of the previous one: without a mask,
    this is equivalent to running the whole. With a mask, a piece does not know the last observation before it (the
    values that fill gaps, the time since) or the output: it starts from 0 there.

    Source: Hasani et al. 2022 and the authors' code; MyCaffe's parameters and blob order (the cell's blobs: see
    CFC_UNIT; the mixed memory's lstm.input_map and lstm.recurrent_map; fc; weight before bias).
    """

    recordable = True

    type = "CFC"
    group = "liquid"
    parameters = ("cfc_param", "cfc_unit_param", "ltc_unit_param", "wiring_param")
    conditions = LAYER_CONDITIONS
    min_bottom_blobs = 2
    max_bottom_blobs = 4
    min_top_blobs = 1
    max_top_blobs = 2

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and create the blobs; the number of features is fixed from here on."""
        param = self.param.cfc_param
        self._state, self._mask = self._find_bottoms(len(bottom))
        _, _, self.features = self._sequence_shape(bottom)
        mask_features = self._mask_features(bottom) if self._mask else 0
        if param.HasField("input_features") and param.input_features < 1:
            self.fail(
                f"input_features must be at least 1, got {param.input_features}",
                field="cfc_param.input_features",
            )
        wide = not param.HasField("input_features") or param.input_features > 2 * self.features
        self.composer = InputComposer(self.device, self.features, mask_features, wide)
        self.composer.use_kernel(self.dtype)
        kind = cell_of(self, self.composer.columns, "rnn_cell.")
        self._zero = self.xp.zeros((), dtype=self.dtype)
        self.new_cell = kind.create
        self._division = BatchDivision(self.new_cell, self.device.is_host)
        self._parts: list[BatchPart] = []
        self.cell = self._division.whole
        self.spans = TimeSpans(self, self.cell.min_span)
        self._cell_blobs = len(self.blobs)
        self.readout = Readout(self, self.cell)
        self._order = [*kind.storage_order, *range(self._cell_blobs, len(self.blobs))]
        memory = self.cell.memory
        self.state_size = self.cell.state_size + (memory.size if memory is not None else 0)

    def why_not_recorded(self) -> str:
        """Return that masked inputs need the host where there is no kernel for their gaps."""
        if self.composer.needs_host:
            return "looks for gaps in its inputs on the host"
        return super().why_not_recorded()

    def ready_to_record(self) -> bool:
        """Return whether the times of enough batches have been looked at, and the kernels have proven themselves."""
        return not self.spans.is_watching and all(
            getattr(part.cell, "is_proven", True) for part in self._parts
        )

    def carried_states(self) -> list[tuple[int, int]]:
        """Return the state after the last step and the initial state, if the layer has both."""
        return [(1, self._state)] if self._state else []

    def _find_bottoms(self, bottoms: int) -> tuple[int, int]:
        """Return the bottom indices of the initial state and the mask, 0 for none."""
        stateful = self.param.cfc_param.initial_state
        required = 2 + stateful
        if bottoms not in (required, required + 1):
            self.fail(
                f"expected {required} or {required + 1} bottom blobs {'with' if stateful else 'without'} "
                f"initial_state (x, tt, optional mask{', state' if stateful else ''}), got {bottoms}",
                field="cfc_param.initial_state" if stateful else "bottom",
            )
        return (bottoms - 1 if stateful else 0), (2 if bottoms > required else 0)

    def storage_order(self) -> list[int]:
        """Store the heads side by side, so that the cell sees one matrix."""
        return self._order

    # Shapes.

    def _sequence_shape(self, bottom: Sequence[Blob]) -> tuple[int, int, int]:
        x, tt = bottom[0], bottom[1]
        if x.num_axes not in (2, 3) or 0 in x.shape:
            self.fail(
                f'bottom "{x.name}" is {x.shape}, expected (N, T, F): batch, steps and features, each '
                "at least 1"
            )
        batch, steps = x.shape[:2]
        if tt.shape not in ((batch, steps), (batch, steps, 1)):
            self.fail(
                f'bottom "{tt.name}" is {tt.shape}, expected the times of bottom "{x.name}" {x.shape}: '
                f"({batch}, {steps}) or ({batch}, {steps}, 1)"
            )
        return batch, steps, x.shape[2] if x.num_axes == 3 else 1

    def _mask_features(self, bottom: Sequence[Blob]) -> int:
        x, mask = bottom[0], bottom[self._mask]
        batch, steps, features = self._sequence_shape(bottom)
        allowed = {(batch, steps, features), (batch, steps, 1)}
        shape = (*mask.shape, 1) if mask.num_axes == 2 else mask.shape
        if shape not in allowed:
            self.fail(
                f'bottom "{mask.name}" is {mask.shape}, expected the mask of bottom "{x.name}" '
                f"{x.shape}: {' or '.join(str(shape) for shape in sorted(allowed, reverse=True))}",
                hint="with cfc_param { initial_state: true } the last bottom is the initial state",
            )
        return shape[2]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and size the tops."""
        batch, steps, features = self._sequence_shape(bottom)
        if features != self.features:
            self.fail(
                f'bottom "{bottom[0].name}" is {bottom[0].shape}: {features} features, but the weights '
                f"are for {self.features}"
            )
        if self._mask and self._mask_features(bottom) != self.composer.mask_features:
            mask = bottom[self._mask]
            self.fail(
                f'bottom "{mask.name}" is {mask.shape}, but the weights are for a mask of '
                f"{self.composer.mask_features} features"
            )
        state = (batch, self.state_size)
        if self._state and bottom[self._state].shape != state:
            self.fail(
                f'bottom "{bottom[self._state].name}" is {bottom[self._state].shape}, expected the initial '
                f'state {state} of bottom "{bottom[0].name}" {bottom[0].shape}',
                hint="the hidden state, followed with use_mixed by the memory"
                if self.cell.memory is not None
                else None,
            )
        self._batch, self._steps = batch, steps
        outputs = self.readout.outputs
        top[0].reshape(*((batch, steps, outputs) if self.readout.sequences else (batch, outputs)))
        if len(top) > 1:
            top[1].reshape(*state)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the cell over the steps of the last forward, else over all steps, and of the readout."""
        parts = [(part.steps, part.count) for part in self._parts]
        learns = self.param_propagate_down[: self._cell_blobs]
        of_cell = cell_cost(
            self,
            self.cell,
            self.composer.columns,
            parts or [(self._steps, self._batch)],
            learns=any(learns),
            to_input=any(propagate_down[:2]),
        )
        rows = self._batch * (self._steps if self.readout.sequences else 1)
        return of_cell + self.readout.cost(rows)

    # Forward.

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Run the cell and read out its states."""
        mask = self._mask_by_step(bottom)
        observed = mask.max(axis=1) if mask is not None else None
        self._divide(mask, len(top) > 1)
        spans = self.spans.of(bottom[1], mask)[: self._longest]
        self._compose(bottom, spans, mask)
        for index, part in enumerate(self._parts):
            if index:
                part.continue_from(self._parts[index - 1])
            else:
                part.start_from(bottom[self._state].data if self._state else None)
            part.cell.forward(self.xp.ascontiguousarray(part.select(spans)), self.phase == TRAIN)
        if self.readout.sequences:
            self.readout.forward_sequence(self._parts[0], top[0].data)
        else:
            self.readout.forward(self._parts, observed, top[0].data)
        if len(top) > 1:
            self._parts[0].last_state(top[1].data)

    def state_sequence(self) -> Any:
        """Return the cell's state after each step of the last forward, (N, T, hidden_size).

        NaN after a sample's last observed step, if those steps had no effect.
        """
        states = self.xp.full((self._steps, self.cell.state_size, self._batch), np.nan, self.dtype)
        for part in self._parts:
            part.put(states, part.cell.states[1:])
        if self._beyond is not None:
            computed = states[: self._longest]
            computed += self.xp.where(self._beyond, self._zero + np.nan, self._zero)[:, None]
        return states.transpose(2, 0, 1)

    def _by_step(self, array: Any) -> Any:
        """Return a bottom's values or gradients as (steps, features, batch)."""
        return array.reshape(self._batch, self._steps, -1).transpose(1, 2, 0)

    def mask_of(self, bottom: Sequence[Blob]) -> Blob | None:
        """Return the mask's bottom, if there is one."""
        return bottom[self._mask] if self._mask else None

    def _mask_by_step(self, bottom: Sequence[Blob]) -> Any:
        return self._by_step(bottom[self._mask].data) if self._mask else None

    def _divide(self, mask: Any, with_last_state: bool) -> None:
        """Divide the batch into parts: the whole batch, or without the steps that have no effect."""
        columns, steps = self.composer.columns, self._steps
        self._beyond = None
        # On a GPU the last question would take as long as the lengths themselves.
        whole = mask is None or self.readout.sequences or with_last_state
        if whole or (self.device.is_host and (mask[-1] != 0).any(axis=0).all()):
            self._parts = self._division.all(steps, self._batch, columns)
            self._longest = steps
            return
        if not self.device.is_host:
            # A step takes as long for few samples, and the host need not wait for the lengths.
            self._parts = self._division.all(steps, self._batch, columns)
            self._longest, self._beyond = steps, steps_beyond(self.xp, mask)
            return
        lengths = observed_lengths(self.device, mask)
        self._parts = self._division.by_length(lengths, columns)
        self._longest = int(lengths.max())
        if lengths.min() < self._longest:
            # Steps after a sample's last observed one, computed for other samples' sake: they may hold anything.
            beyond = np.arange(self._longest)[:, None] >= lengths
            self._beyond = self.device.asarray(beyond)

    def _runs_whole(self) -> bool:
        """Return whether one part has the whole batch: a single part may lack samples that were never observed."""
        return len(self._parts) == 1 and self._parts[0].count == self._batch

    def _compose(self, bottom: Sequence[Blob], spans: Any, mask: Any) -> None:
        """Write the cells' inputs."""
        longest = self._longest
        x = self._by_step(bottom[0].data)[:longest]
        if self._beyond is not None:
            x = self.xp.where(self._beyond[:, None], self._zero, x)
        mask = mask if mask is None else mask[:longest]
        if self._runs_whole():
            part = self._parts[0]
            self.composer.forward(x, spans, mask, part.full(part.cell.inputs))
            return
        inputs = self.xp.empty((longest, self.composer.columns, self._batch), dtype=self.dtype)
        self.composer.forward(x, spans, mask, inputs)
        for part in self._parts:
            part.full(part.cell.inputs)[...] = part.select(inputs)

    # Backward.

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Backpropagate through the readout and through time, always through the whole cell."""
        learns = self.param_propagate_down[: self._cell_blobs]
        if self.readout.sequences:
            self.readout.backward_sequence(self._parts[0], top[0].diff)
        else:
            self.readout.backward(self._parts, top[0].diff)
        following = None
        for part in reversed(self._parts):
            if following is None:
                part.add_last_gradient(top[1].diff if len(top) > 1 else None)
            else:
                following.pass_back(part)
            part.cell.backward(part.cell.state_gradients, any(learns))
            following = part
        for blob, learned in zip(self.blobs, learns, strict=False):
            if not learned:
                blob.diff.fill(0)
        self._bottom_gradients(propagate_down, bottom)

    def _bottom_gradients(self, propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        if propagate_down[0] or propagate_down[1]:
            self._input_gradients(propagate_down, bottom)
        if self._mask and propagate_down[self._mask]:
            bottom[self._mask].diff.fill(0)  # the mask is a constant
        if self._state and propagate_down[self._state]:
            bottom[self._state].diff.fill(0)
            for part in self._parts[:1]:
                part.initial_gradient(bottom[self._state].diff)

    def _input_gradients(self, propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        """Write the gradients of x and tt; steps that were not computed have none."""
        to_x, to_times = propagate_down[0], propagate_down[1]
        longest, batch = self._longest, self._batch
        times = self.xp.zeros((self._steps, batch), dtype=self.dtype)
        if self._runs_whole():
            part = self._parts[0]
            inputs = part.full(part.cell.input_gradients())
        else:
            shape = (longest, self.composer.columns, batch)
            inputs = self.xp.zeros(shape, dtype=self.dtype)
            for part in self._parts:
                part.put(inputs, part.cell.input_gradients())
        for part in self._parts:
            part.put(times, part.cell.time_gradients())
        x_diff = None
        if to_x:
            whole = self._by_step(bottom[0].diff)
            whole[longest:] = 0
            x_diff = whole[:longest]
        self.composer.backward(inputs, x_diff, times[:longest])
        if to_times:
            self.spans.backward(times, bottom[1])

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for the mask, which has no gradient."""
        return bottom_index != self._mask or not self._mask

    def explain(
        self, bottom: Sequence[Blob], top: Sequence[Blob]
    ) -> Mapping[str, Callable[[Any], None]]:
        """Return pictures of the first sample, of the neurons' state and time constants, and of a wiring's synapses."""
        return explain(self, bottom)

    def run_first(self, bottom: Sequence[Blob], steps: int) -> tuple[BatchPart, Any]:
        """Run a separate cell over the first ``steps`` of the first sample; return it as a part, and the spans.

        The spans are (steps, 1). A later backward pass needs another forward pass first.
        """
        cell, first = self.new_cell(), slice(0, 1)
        cell.reshape(steps, 1, self.composer.columns)
        part = BatchPart(cell, 0, steps, first, 1)
        mask = self._mask_by_step(bottom)
        spans = self.spans.of(bottom[1], mask)[:steps, first]
        x = self._by_step(bottom[0].data)[:steps, :, first]
        mask = mask if mask is None else mask[:steps, :, first]
        self.composer.forward(x, spans, mask, part.full(cell.inputs))
        part.start_from(bottom[self._state].data if self._state else None)
        cell.forward(self.xp.ascontiguousarray(spans), False)
        return part, spans

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return spans above 0 for times of an unknown form."""
        unknown = bottom_index == 1 and self.time_form(1) is None
        return rng.uniform(0.1, 1, shapes[1]) if unknown else None

    def time_form(self, bottom_index: int) -> str | None:
        """Return the form of tt according to ``cfc_param.time``."""
        return self.spans.time_form if bottom_index == 1 else None
