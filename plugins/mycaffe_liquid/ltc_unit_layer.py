"""LTC_UNIT: one step of the liquid time-constant cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TRAIN, Layer

from .ltc_cell import LtcCell
from .ltc_settings import LtcBlobs


class LtcUnitLayer(Layer):
    """h' = cell(x, h, ts): one step, so that a net can be wired cell by cell.

    Bottoms: x (N, I), h (N, H), ts (N) or (N, 1), the elapsed time. Tops: h' (N, H); in the form NCPS perhaps a
    second one, h' output_w + output_b of the motor neurons, (N, their number). Equations: see the module of
    :class:`LtcCell`; blobs: see :class:`LtcBlobs`. A time span must not be negative (in the authors' form, which
    adds 1, not below -1). Source: Hasani et al. 2021 and its authors' code; Lechner et al. 2020 for the form NCPS.
    """

    type = "LTC_UNIT"
    parameters = ("ltc_unit_param", "wiring_param")
    exact_num_bottom_blobs = 3
    min_top_blobs = 1
    max_top_blobs = 2

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and create the blobs; the number of inputs is fixed from here on."""
        if bottom[0].num_axes != 2:
            self.fail(f'bottom "{bottom[0].name}" is {bottom[0].shape}, expected (N, I)')
        self.columns = bottom[0].shape[1]
        blobs = LtcBlobs.add(self, self.columns)
        if len(top) > 1 and blobs.output is None:
            self.fail(
                "has 2 tops, but only the form NCPS has an output beside the state",
                field="ltc_unit_param.form",
                hint="leave the second top out, or write form: NCPS",
            )
        self.cell = LtcCell(self, blobs)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and size buffers and tops."""
        x, h, ts = bottom
        batch, size = (x.shape or (0,))[0], self.cell.state_size
        for blob, allowed in (
            (x, [(batch, self.columns)]),
            (h, [(batch, size)]),
            (ts, [(batch, 1), (batch,)]),
        ):
            if blob.shape not in allowed or batch < 1:
                expected = " or ".join(str(shape) for shape in allowed)
                self.fail(f'bottom "{blob.name}" is {blob.shape}, expected {expected}')
        self.cell.reshape(1, batch, self.columns)
        top[0].reshape(batch, size)
        if len(top) > 1:
            top[1].reshape(batch, self.cell.output_size)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """h' = cell(x, h, ts), and the output of the motor neurons."""
        cell, batch = self.cell, top[0].shape[0]
        cell.inputs.reshape(self.columns, batch)[...] = bottom[0].data.T
        cell.states[0].reshape(-1, batch)[...] = bottom[1].data.T
        cell.forward(bottom[2].data.reshape(1, batch), self.phase == TRAIN)
        top[0].data[...] = cell.states[1].reshape(-1, batch).T
        if len(top) > 1:
            output_w, output_b = (blob.data for blob in cell.blobs.output)
            self.xp.multiply(top[0].data[:, : cell.output_size], output_w, out=top[1].data)
            top[1].data[...] += output_b

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Gradients of x, h and ts where asked for, and of the blobs."""
        cell, batch = self.cell, top[0].shape[0]
        gradient = top[0].diff.T.copy()
        if len(top) > 1:
            self._output_backward(top, gradient)
        cell.backward(gradient.reshape(cell.states[1:].shape), any(self.param_propagate_down))
        for blob, learns in zip(self.blobs, self.param_propagate_down, strict=True):
            if not learns:
                blob.diff.fill(0)
        if propagate_down[0]:
            bottom[0].diff[...] = cell.input_gradients().reshape(-1, batch).T
        if propagate_down[1]:
            bottom[1].diff[...] = cell.initial_state_gradient.reshape(-1, batch).T
        if propagate_down[2]:
            bottom[2].diff[...] = cell.time_gradients().reshape(bottom[2].shape)

    def _output_backward(self, top: Sequence[Blob], gradient: Any) -> None:
        """Add what the output gives to ``gradient`` (H, N) and to its blobs."""
        output_w, output_b = self.cell.blobs.output
        given, motor = top[1].diff, self.cell.output_size
        gradient[:motor] += (given * output_w.data).T
        diff = output_w.diff
        diff += (given * top[0].data[:, :motor]).sum(axis=0)
        diff = output_b.diff
        diff += given.sum(axis=0)
