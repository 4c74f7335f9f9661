"""Readout: the output of a liquid layer from its cell's states."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from mycaffe_py.layer import Cost, Layer, linear

from .batch_parts import BatchPart
from .cfc_settings import add_linear
from .linear_map import LinearMap
from .sequence_cell import SequenceCell
from .step_products import StepProducts


class Readout:
    """A linear layer, fc, on the cell's output features, after the last observed step or after every step.

    A layer with a wiring but without ``output_features`` has no fc: the output is the motor neurons, mapped by the
    cell's own ``output_map`` if there is one; with an fc, that map comes before it.
    Without ``return_sequences`` a mask c, (steps, batch), makes the output y_t = c_t o_t + (1 - c_t) y_(t-1) with
    o_t = fc(h_t): a weighted sum of the o_t.
    """

    def __init__(self, layer: Layer, cell: SequenceCell):
        param = layer.param.cfc_param
        # A weak reference, so that the layer is freed at once.
        self._layer, self.xp = weakref.proxy(layer), layer.xp
        self._on_host = layer.device.is_host
        self.sequences = param.return_sequences
        self._rows, self._features = cell.output_rows, cell.output_size
        self._reads_all = cell.output_size == cell.state_size
        fc = None
        self.outputs = self._features
        if param.HasField("output_features") or not layer.param.HasField("wiring_param"):
            self.outputs = param.output_features
            if self.outputs < 1:
                layer.fail(
                    f"output_features must be at least 1, got {self.outputs}",
                    field="cfc_param.output_features",
                )
            fc = add_linear(layer, "fc", self.outputs, self._features)
        self._map = None
        if fc is not None or cell.output_map is not None:
            self._map = LinearMap(self._layer, fc, cell.output_map)
        self._products = StepProducts(self.xp, layer.dtype)

    def cost(self, rows: int) -> Cost:
        """Return the cost of fc for that many outputs; of a cell's own map alone, none."""
        if self._map is None:
            return Cost()
        itemsize, learns = self._layer.dtype.itemsize, self._map.learns
        return linear(
            rows, self._features, self.outputs, itemsize, bias=True, learns=learns, to_input=True
        )

    def _own_gradients(self, gradients: Any) -> Any:
        """Return the rows of the states' gradients that are read out; the others become 0."""
        if not self._reads_all:
            gradients.fill(0)
        return gradients[:, self._rows]

    # The output after every step.

    def forward_sequence(self, part: BatchPart, y: Any) -> None:
        """Write y (batch, steps, outputs) from a part that is the whole batch."""
        values = part.cell.states[1:, self._rows]
        if self._map is not None:
            values = self._products.apply(self._map.weight, values)
        y[...] = part.full(values).transpose(2, 0, 1)
        if self._map is not None:
            y += self._map.bias

    def backward_sequence(self, part: BatchPart, dy: Any) -> None:
        """Write the gradients of the part's states into ``state_gradients``, and add those of fc."""
        cell, products = part.cell, self._products
        upstream = self.xp.ascontiguousarray(dy.transpose(1, 2, 0))
        upstream = upstream.reshape(len(upstream), -1, *cell.state_gradients.shape[2:])
        own = self._own_gradients(cell.state_gradients)
        if self._map is None:
            own[...] = upstream
            return
        if self._map.learns:
            of_weight = products.outer(upstream, cell.states[1:, self._rows])
            self._map.add_gradients(of_weight, products.total(upstream))
        own[...] = products.apply(self._map.weight.T, upstream)

    # The output after the last observed step.

    def forward(self, parts: list[BatchPart], observed: Any, y: Any) -> None:
        """Write y (batch, outputs), 0 for samples that are in no part; ``observed`` is (steps, batch) or None."""
        xp = self.xp
        self._ends = self._reads_the_end(parts, observed, len(y))
        if self._ends:
            part = parts[0]
            self._state = part.full(part.cell.states[-1, self._rows]).copy()
        else:
            self._sum_up(parts, observed, y)
        if self._map is None:
            y[...] = self._state.T
            return
        xp.dot(self._state.T, self._map.weight.T, y)
        # The bias is weighted like the states: 0 for a sample that was never observed.
        y += self._map.bias if self._ends else self._share[:, None] * self._map.bias

    def _reads_the_end(self, parts: list[BatchPart], observed: Any, batch: int) -> bool:
        """Return whether all that counts is the last state of every sample, which is the usual case."""
        if len(parts) != 1 or parts[0].count != batch or not isinstance(parts[0].samples, slice):
            return False
        if observed is None:
            return True
        # On a GPU the question would take longer than the answer saves.
        return self._on_host and bool((observed[parts[0].steps - 1] == 1).all())

    def _sum_up(self, parts: list[BatchPart], observed: Any, y: Any) -> None:
        """Set the state (features, batch) that y is read out of, the sum of the weighted states of all steps."""
        xp = self.xp
        self._weights = self._weigh(parts, observed, len(y))
        self._share = self._weights.sum(axis=0)
        self._state = xp.zeros((self._features, len(y)), dtype=y.dtype)
        self._places = [self._places_of(part.select(self._weights)) for part in parts]
        for part, places in zip(parts, self._places, strict=True):
            weights = part.select(self._weights)
            states = part.full(part.cell.states[1:])
            if places is None:
                weighted = part.full(part.cell.state_gradients)
                xp.multiply(states, weights[:, None], out=weighted)
                total = weighted[:, self._rows].sum(axis=0)
            else:
                steps, samples = places
                total = (states[steps, self._rows, samples] * weights[places][:, None]).T
            self._state[:, part.samples] += total

    def _weigh(self, parts: list[BatchPart], observed: Any, batch: int) -> Any:
        """Return the weight of each step in the output, (steps, batch): w_t = c_t * prod of later (1 - c)."""
        xp = self.xp
        steps = parts[-1].start + parts[-1].steps if parts else 0
        weights = xp.zeros((steps, batch), dtype=self._layer.dtype)
        weights[-1:] = 1
        if observed is not None:
            observed = observed[:steps]
            if steps > 1:  # not every device supports products of empty arrays
                weights[:-1] = xp.cumprod(1.0 - observed[:0:-1], axis=0)[::-1]
            weights *= observed
        return weights

    def _places_of(self, weights: Any) -> tuple[Any, Any] | None:
        """Return the step of each sample that alone has a weight, and the samples' indices; None if there are more.

        With a mask of 0 and 1, it is the last observed step. On a GPU the question would take longer than it saves.
        """
        if not self._on_host:
            return None
        weighed = weights != 0
        if len(weights) > 1 and weighed[:-1].any():
            if weighed.sum(axis=0).max() > 1:
                return None
            steps = weighed.argmax(axis=0)
        else:
            steps = np.full(weights.shape[1], len(weights) - 1)
        return steps, np.arange(weights.shape[1])

    def backward(self, parts: list[BatchPart], dy: Any) -> None:
        """Write the gradients of each part's states into ``state_gradients`` and add those of fc."""
        xp, upstream = self.xp, dy.T
        if self._map is not None:
            if self._map.learns:
                of_weight = xp.dot(dy.T, self._state.T)
                of_bias = (dy if self._ends else dy * self._share[:, None]).sum(axis=0)
                self._map.add_gradients(of_weight, of_bias)
            upstream = xp.dot(self._map.weight.T, dy.T)
        if self._ends:
            gradients = parts[0].full(parts[0].cell.state_gradients)
            gradients.fill(0)
            gradients[-1, self._rows] = upstream
            return
        for part, places in zip(parts, self._places, strict=True):
            gradients, of_part = part.full(part.cell.state_gradients), upstream[:, part.samples]
            weights = part.select(self._weights)
            if places is None:
                own = self._own_gradients(gradients)
                xp.multiply(weights[:, None], of_part, out=own)
                continue
            gradients.fill(0)
            steps, samples = places
            gradients[steps, self._rows, samples] = weights[places][:, None] * of_part.T
