"""The CFC_UNIT layer: one step of the closed-form continuous-time cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TRAIN, Cost, Layer

from .cell_cost import cell_cost
from .cells import CellKind, cell_of
from .conditions import CFC_UNIT_CONDITIONS
from .short_spans import ShortSpans


class CfcUnitLayer(Layer):
    """h' = cell(x, h, ts): one step, so that a net can be wired cell by cell.

    Bottoms: x (N, I), h (N, H), ts (N) or (N, 1), the elapsed time. Top: h' (N, H). Equations: see the
    module cfc_cell. Blobs: backbone, ff1, ff2, time_a, time_b; weight before bias; with ``minimal``
    backbone, ff1, w_tau, A.
    """

    recordable = True

    type = "CFC_UNIT"
    group = "liquid"
    parameters = ("cfc_unit_param", "wiring_param")
    conditions = CFC_UNIT_CONDITIONS
    exact_num_bottom_blobs = 3
    exact_num_top_blobs: int | None = 1

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and create the blobs; the number of inputs is fixed from here on."""
        if bottom[0].num_axes != 2:
            self.fail(f'bottom "{bottom[0].name}" is {bottom[0].shape}, expected (N, I)')
        if self.param.HasField("cfc_param"):
            self.fail(
                "cfc_param is for whole sequences, but this layer runs a single step",
                field="cfc_param",
                hint=f"give hidden_size in {self.parameters[0]}, or use the layer CFC",
            )
        self.columns = bottom[0].shape[1]
        kind = self._kind()
        self._order, self.cell = kind.storage_order, kind.create()
        self._short_spans = ShortSpans(self, bottom[2].name, self.cell.min_span)

    def _kind(self) -> CellKind:
        return cell_of(self, self.columns)

    def storage_order(self) -> list[int]:
        """Store the heads side by side, so that the cell sees one matrix."""
        return self._order

    def carried_states(self) -> list[tuple[int, int]]:
        """Return the new state and the state."""
        return [(0, 1)]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and size buffers and top."""
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

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the cell's single step."""
        return cell_cost(
            self,
            self.cell,
            self.columns,
            [(1, bottom[0].shape[0])],
            learns=any(self.param_propagate_down),
            to_input=propagate_down[0],
        )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write h' = cell(x, h, ts)."""
        cell, batch = self.cell, top[0].shape[0]
        cell.inputs.reshape(self.columns, batch)[...] = bottom[0].data.T
        cell.states[0].reshape(-1, batch)[...] = bottom[1].data.T
        spans = bottom[2].data.reshape(1, batch)
        self._short_spans.refuse(spans)
        cell.forward(spans, self.phase == TRAIN)
        top[0].data[...] = cell.states[1].reshape(-1, batch).T

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of x, h and ts where asked for, and add those of the blobs."""
        cell, batch = self.cell, top[0].shape[0]
        gradient = self._state_gradient(top)
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

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return time spans above 0."""
        return rng.uniform(0.1, 1, shapes[2]) if bottom_index == 2 else None

    def _state_gradient(self, top: Sequence[Blob]) -> Any:
        """Return the gradient of the new state from above, (H, N)."""
        return self.xp.ascontiguousarray(top[0].diff.T)
