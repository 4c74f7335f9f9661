"""CFC: a closed-form continuous-time net over a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TRAIN, Layer

from .cells import cell_of
from .cfc_inputs import InputComposer
from .cfc_settings import add_linear
from .sequence_cell import refuse_short_spans


class CfcLayer(Layer):
    """Runs a CfC cell over a sequence and reads out the state after the last observed step.

    Bottoms: x (N, T, F), or (N, T) for one feature; tt (N, T) or (N, T, 1), the time span that the cell is
    given at each step; optionally mask (N, T, F) or (N, T, 1), 1 where observed. Top: (N, output_features).

    The state starts at 0. With a mask, o_t = fc(h_t) replaces the output where any feature is observed:
    y_t = c_t o_t + (1 - c_t) y_(t-1) with c_t = max over features of mask_t; a sample that was never
    observed gives 0. Source: Hasani et al. 2022 and its authors' code; MyCaffe's parameters and blob order
    (backbone, ff1, ff2, time_a, time_b, fc; weight before bias).
    """

    type = "CFC"
    parameters = ("cfc_param", "cfc_unit_param", "ltc_unit_param", "wiring_param")
    min_bottom_blobs = 2
    max_bottom_blobs = 3
    exact_num_top_blobs = 1

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and create the blobs; the number of features is fixed from here on."""
        param = self.param.cfc_param
        if param.return_sequences:
            self.fail(
                "return_sequences is not offered by this version",
                field="cfc_param.return_sequences",
            )
        _, _, self.features = self._sequence_shape(bottom)
        mask_features = self._mask_features(bottom) if len(bottom) > 2 else 0
        wide = not param.HasField("input_features") or param.input_features > 2 * self.features
        self.composer = InputComposer(self.device, self.features, mask_features, wide)
        kind = cell_of(self, self.composer.columns, "rnn_cell.")
        self.cell = kind.create()
        self._fc = len(self.blobs)
        self._add_readout()
        self._order = [*kind.storage_order, *range(self._fc, len(self.blobs))]

    def _add_readout(self) -> None:
        """Add the linear layer after the cell; a wiring's motor neurons can do without."""
        param = self.param.cfc_param
        self._reads_out = param.HasField("output_features") or not self.param.HasField(
            "wiring_param"
        )
        if not self._reads_out:
            return
        if param.output_features < 1:
            self.fail(
                f"output_features must be at least 1, got {param.output_features}",
                field="cfc_param.output_features",
            )
        add_linear(self, "fc", param.output_features, self.cell.output_size)

    def storage_order(self) -> list[int]:
        """Put the heads side by side, so that the cell sees one matrix."""
        return self._order

    # Shapes.

    def _sequence_shape(self, bottom: Sequence[Blob]) -> tuple[int, int, int]:
        x, tt = bottom[0], bottom[1]
        if x.num_axes not in (2, 3) or 0 in x.shape:
            self.fail(
                f'bottom "{x.name}" is {x.shape}, expected (N, T, F): batch, steps, features, each '
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
        x, mask = bottom[0], bottom[2]
        batch, steps, features = self._sequence_shape(bottom)
        allowed = {(batch, steps, features), (batch, steps, 1)}
        shape = (*mask.shape, 1) if mask.num_axes == 2 else mask.shape
        if shape not in allowed:
            self.fail(
                f'bottom "{mask.name}" is {mask.shape}, expected the mask of bottom "{x.name}" '
                f"{x.shape}: {' or '.join(str(shape) for shape in sorted(allowed, reverse=True))}"
            )
        return shape[2]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and size buffers and top."""
        batch, steps, features = self._sequence_shape(bottom)
        if features != self.features:
            self.fail(
                f'bottom "{bottom[0].name}" is {bottom[0].shape}: {features} features, but the weights '
                f"were made for {self.features}"
            )
        if len(bottom) > 2 and self._mask_features(bottom) != self.composer.mask_features:
            self.fail(
                f'bottom "{bottom[2].name}" is {bottom[2].shape}, but the weights were made for a mask of '
                f"{self.composer.mask_features} features"
            )
        self.cell.reshape(steps, batch, self.composer.columns)
        self._full = (steps, -1, batch)
        features = self.cell.output_size
        top[0].reshape(batch, self.param.cfc_param.output_features if self._reads_out else features)

    # Forward and backward.

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """y = fc(state after the last observed step)."""
        cell, xp = self.cell, self.xp
        steps, _, batch = self._full
        x = bottom[0].data.reshape(batch, steps, -1).transpose(1, 2, 0)
        spans = self._spans(bottom)
        mask = None
        if len(bottom) > 2:
            mask = bottom[2].data.reshape(batch, steps, -1).transpose(1, 2, 0)
        self.composer.forward(x, spans, mask, cell.inputs.reshape(self._full))
        refuse_short_spans(self, cell, bottom[1].name, spans)
        cell.states[0].fill(0)
        cell.forward(xp.ascontiguousarray(spans), self.phase == TRAIN)
        self._weigh_steps(mask)
        states, weighted = (array.reshape(self._full) for array in (cell.states[1:], cell.by_step))
        xp.multiply(states, self._step_weights[:, None], out=weighted)
        self._readout_state = weighted[:, -cell.output_size :].sum(axis=0)
        if not self._reads_out:
            top[0].data[...] = self._readout_state.T
            return
        weight, bias = self.blobs[self._fc].data, self.blobs[self._fc + 1].data
        xp.dot(self._readout_state.T, weight.T, top[0].data)
        # The bias counts as much as the states do: not at all for a sample that was never observed.
        top[0].data[...] += self._step_weights.sum(axis=0)[:, None] * bias

    def _spans(self, bottom: Sequence[Blob]) -> Any:
        """Return the time spans that the cell is given, (T, N)."""
        steps, _, batch = self._full
        return bottom[1].data.reshape(batch, steps).T

    def _span_gradients(self, gradient: Any, bottom: Sequence[Blob]) -> None:
        """Write dL/d(tt) from the gradient of what :meth:`_spans` returned, (T, N)."""
        steps, _, batch = self._full
        bottom[1].diff.reshape(batch, steps)[...] = gradient.T

    def _weigh_steps(self, mask: Any) -> None:
        """Compute how much each step counts in the output, (T, N): w_t = c_t * prod of later (1 - c)."""
        xp = self.xp
        steps, _, batch = self._full
        weights = xp.zeros((steps, batch), dtype=self.dtype)
        weights[-1] = 1
        if mask is not None:
            observed = mask.max(axis=1)
            if steps > 1:  # not every device takes products of no rows
                weights[:-1] = xp.cumprod(1.0 - observed[:0:-1], axis=0)[::-1]
            weights *= observed
        self._step_weights = weights

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Backpropagate through the readout and through time, always through the whole cell."""
        cell, xp = self.cell, self.xp
        readout = top[0].diff.T
        learns = self.param_propagate_down
        if self._reads_out:
            self._readout_gradients(top[0].diff)
            readout = xp.dot(self.blobs[self._fc].data.T, readout)
        gradients = cell.by_step.reshape(self._full)
        gradients[:, : -cell.output_size] = 0
        xp.multiply(self._step_weights[:, None], readout, out=gradients[:, -cell.output_size :])
        cell.backward(cell.by_step, any(learns[: self._fc]))
        for index in range(self._fc):
            if not learns[index]:
                self.blobs[index].diff.fill(0)
        self._bottom_gradients(propagate_down, bottom)

    def _readout_gradients(self, dy: Any) -> None:
        learns = self.param_propagate_down
        if learns[self._fc]:
            diff = self.blobs[self._fc].diff
            diff += self.xp.dot(dy.T, self._readout_state.T)
        if learns[self._fc + 1]:
            diff = self.blobs[self._fc + 1].diff
            diff += (dy * self._step_weights.sum(axis=0)[:, None]).sum(axis=0)

    def _bottom_gradients(self, propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        steps, _, batch = self._full
        to_x, to_times = propagate_down[0], propagate_down[1]
        if to_x or to_times:
            inputs = self.cell.input_gradients().reshape(self._full)
            times = self.cell.time_gradients()
            dx = bottom[0].diff.reshape(batch, steps, -1).transpose(1, 2, 0) if to_x else None
            self.composer.backward(inputs, dx, times)
            if to_times:
                self._span_gradients(times, bottom)
        if len(bottom) > 2 and propagate_down[2]:
            bottom[2].diff.fill(0)  # the mask is a constant

    def allow_force_backward(self, bottom_index: int) -> bool:
        """The mask gets no gradient."""
        return bottom_index != 2
