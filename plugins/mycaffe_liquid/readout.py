"""Readout: the output of a liquid layer from its cell's states."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import Layer

from .batch_parts import BatchPart
from .cfc_settings import add_linear
from .step_products import StepProducts


class Readout:
    """A linear layer, fc, on the last ``features`` of the state: after the last observed step, or after every step.

    A layer with a wiring that gives no ``output_features`` has no fc: the output is these features.
    Without ``return_sequences`` a mask c, (steps, batch), makes the output y_t = c_t o_t + (1 - c_t) y_(t-1) with
    o_t = fc(h_t): a weighted sum of the o_t.
    """

    def __init__(self, layer: Layer, features: int):
        param = layer.param.cfc_param
        self._layer, self.xp = layer, layer.xp
        self.sequences = param.return_sequences
        self._rows = slice(-features, None)
        self._fc: int | None = None
        self.outputs = features
        if param.HasField("output_features") or not layer.param.HasField("wiring_param"):
            self.outputs = param.output_features
            if self.outputs < 1:
                layer.fail(
                    f"output_features must be at least 1, got {self.outputs}",
                    field="cfc_param.output_features",
                )
            self._fc = add_linear(layer, "fc", self.outputs, features)
        self._products = StepProducts(self.xp, layer.dtype)

    def _weight(self) -> Any:
        return self._layer.blobs[self._fc].data

    def _diff(self, index: int) -> Any:
        """Return the diff of fc's weight (0) or bias (1), None where it does not learn."""
        if self._fc is None or not self._layer.param_propagate_down[self._fc + index]:
            return None
        return self._layer.blobs[self._fc + index].diff

    # The output after every step.

    def forward_sequence(self, part: BatchPart, y: Any) -> None:
        """Write y (batch, steps, outputs) from a part that is the whole batch."""
        values = part.cell.states[1:, self._rows]
        if self._fc is not None:
            values = self._products.apply(self._weight(), values)
        y[...] = part.full(values).transpose(2, 0, 1)
        if self._fc is not None:
            y += self._layer.blobs[self._fc + 1].data

    def backward_sequence(self, part: BatchPart, dy: Any) -> None:
        """Write the gradients of the part's states into ``by_step`` and add those of fc."""
        cell, products = part.cell, self._products
        upstream = self.xp.ascontiguousarray(dy.transpose(1, 2, 0))
        upstream = upstream.reshape(len(upstream), -1, *cell.by_step.shape[2:])
        cell.by_step[:, : self._rows.start] = 0
        own = cell.by_step[:, self._rows]
        if self._fc is None:
            own[...] = upstream
            return
        weight, bias = self._diff(0), self._diff(1)
        if weight is not None:
            weight += products.outer(upstream, cell.states[1:, self._rows])
        if bias is not None:
            bias += products.total(upstream)
        own[...] = products.apply(self._weight().T, upstream)

    # The output after the last observed step.

    def forward(self, parts: list[BatchPart], observed: Any, y: Any) -> None:
        """Write y (batch, outputs), 0 for samples of no part; ``observed`` (steps, batch) or None."""
        xp = self.xp
        self._weights = self._weigh(parts, observed, len(y))
        self._share = self._weights.sum(axis=0)
        self._state = xp.zeros((-self._rows.start, len(y)), dtype=y.dtype)
        for part in parts:
            weights = part.take(self._weights)[:, None]
            weighted = part.full(part.cell.by_step)
            xp.multiply(part.full(part.cell.states[1:]), weights, out=weighted)
            self._state[:, part.samples] += weighted[:, self._rows].sum(axis=0)
        if self._fc is None:
            y[...] = self._state.T
            return
        xp.dot(self._state.T, self._weight().T, y)
        # The bias counts as much as the states do: not at all for a sample that was never observed.
        y += self._share[:, None] * self._layer.blobs[self._fc + 1].data

    def _weigh(self, parts: list[BatchPart], observed: Any, batch: int) -> Any:
        """Return how much each step counts in the output, (steps, batch): w_t = c_t * prod of later (1 - c)."""
        xp = self.xp
        steps = parts[-1].start + parts[-1].steps if parts else 0
        weights = xp.zeros((steps, batch), dtype=self._layer.dtype)
        weights[-1:] = 1
        if observed is not None:
            observed = observed[:steps]
            if steps > 1:  # not every device takes products of no rows
                weights[:-1] = xp.cumprod(1.0 - observed[:0:-1], axis=0)[::-1]
            weights *= observed
        return weights

    def backward(self, parts: list[BatchPart], dy: Any) -> None:
        """Write the gradients of each part's states into ``by_step`` and add those of fc."""
        xp, weight, bias = self.xp, self._diff(0), self._diff(1)
        if weight is not None:
            weight += xp.dot(dy.T, self._state.T)
        if bias is not None:
            bias += (dy * self._share[:, None]).sum(axis=0)
        upstream = dy.T if self._fc is None else xp.dot(self._weight().T, dy.T)
        for part in parts:
            gradients = part.full(part.cell.by_step)
            gradients[:, : self._rows.start] = 0
            weights = part.take(self._weights)[:, None]
            xp.multiply(weights, upstream[:, part.samples], out=gradients[:, self._rows])
