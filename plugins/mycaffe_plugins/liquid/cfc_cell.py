"""The CfC cell over a sequence: forward, and backpropagation through time.

Equations (Hasani et al., "Closed-form continuous-time neural networks", 2022, and the authors' code), for
input u, previous state h, elapsed time t and backbone activation f:

    a = [u | h];  a = f(W_l a + b_l) for each backbone layer
    f1 = tanh(ff1(a));  f2 = tanh(ff2(a));  s = sigmoid(time_a(a) * t + time_b(a))
    gate:     h' = f1 * (1 - s) + s * f2
    no gate:  h' = f1 + s * f2
    minimal:  h' = A - A * exp(-t * (|w_tau| + |p|)) * p  with p = ff1(a)

How it is computed: arrays are feature-major, (steps, features, batch), without the last axis for a batch of
one. The heads are one matrix, a stage like each backbone layer. The input's part of the first stage is one
product for all steps; all factors of the backward pass that do not depend on the gradient are computed for
all steps at once; weight gradients are products over all steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob, StackedBlobs
from mycaffe_py.device import Device, threads_for

from .cfc_heads import GatedHeads, MinimalHeads
from .cfc_settings import CfcBlobs, CfcSettings
from .memory import Memory
from .step_buffers import StepBuffers
from .step_products import StepProducts
from .time_scales import TimeScales


class CfcCell:
    """The cell with its buffers for a sequence: a :class:`SequenceCell`.

    Without backbone layers, the heads read [u | h] directly. ``sparsity`` (hidden_size, columns + hidden_size) of
    0 and 1, if given, then multiplies the weights of ff1 and ff2: a wiring's synapses. With a ``memory``, each step
    continues from the state that the memory makes of the previous one.
    """

    def __init__(
        self,
        settings: CfcSettings,
        blobs: Sequence[Blob],
        where: CfcBlobs,
        device: Device,
        sparsity: Any = None,
        memory: Memory | None = None,
    ):
        self.settings, self.device, self.xp = settings, device, device.xp
        self.dtype = blobs[0].dtype
        self.state_size = self.output_size = settings.hidden_size
        self.output_rows = slice(0, self.output_size)
        self.output_map, self.wiring = None, None
        self.memory = memory
        self._buffers = StepBuffers(self.xp, self.dtype)
        self._products = StepProducts(self.xp, self.dtype)
        if settings.minimal:
            self._heads: Any = MinimalHeads(self.xp, self._buffers, blobs, where)
        else:
            self._heads = GatedHeads(self.xp, self._buffers, blobs, where, settings.no_gate)
        self.min_span = self._heads.min_span
        # Weight and bias of each stage.
        self._stages = [
            (StackedBlobs([blobs[index]]), StackedBlobs([blobs[index + 1]]))
            for index in where.backbone
        ]
        self._stages.append((self._heads.weight, self._heads.bias))
        self._sparsity = self._sparse_weight = None
        if sparsity is not None:
            self._sparsity = self.xp.ones(self._heads.weight.shape, dtype=self.dtype)
            for row in range(0, self._heads.sparse_rows, settings.hidden_size):
                part = self._sparsity[row : row + settings.hidden_size]
                part[...] = device.asarray(sparsity, dtype=self.dtype)
            self._sparse_weight = self.xp.empty_like(self._sparsity)
        self._activation = settings.activation()
        self._derivative = settings.activation()
        largest = max(weight.shape[0] * weight.shape[1] for weight, _ in self._stages)
        self._largest = max(largest, 4 * settings.hidden_size**2 if memory else 0)
        self._shape: tuple[int, int, int] | None = None

    # Buffers.

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Allocate the buffers for a sequence of inputs (steps, columns, batch)."""
        if self._shape == (steps, batch, columns):
            return
        self._shape = (steps, batch, columns)
        self.steps, self.batch, self.columns = steps, batch, columns
        settings, array = self.settings, self._buffers.array
        size, units = settings.hidden_size, settings.backbone_units
        layers = range(settings.backbone_layers)
        self._buffers.start(batch)
        self.inputs = array("inputs", steps, columns)
        self.states = array("states", steps + 1, size)
        self.times = array("times", steps)
        self.state_gradients = array("state_gradients", steps, size)
        if self.memory is not None:
            self.memory.reshape(steps, batch)
        # What each step continues from.
        self._before = self.states[:-1] if self.memory is None else self.memory.outputs
        self._heads.reshape(steps)
        rows = self._stages[0][0].shape[0]
        self._from_input = array("from_input", steps, rows)
        self._first_weight = self._products.matrix((rows, size), "first weight")
        self._outputs = [array(f"outputs{index}", steps, units) for index in layers]
        self._sum_name = "sums{}" if self._activation.keeps_input else "outputs{}"
        self._sums = [array(self._sum_name.format(index), steps, units) for index in layers]
        # For the backward pass: the derivatives of the units, which are turned step by step and in place into
        # the gradients of the sums before each activation.
        self._unit_gradients = [array(f"units{index}", steps, units) for index in layers]
        self._state_gradient = array("state_gradient", size)
        self._above = array("above", units) if layers else None
        dropout = settings.dropout_ratio > 0
        self._masks = [array(f"masks{index}", steps, units) for index in layers if dropout]

    def _matrix(self, stage: int) -> Any:
        """Return a stage's effective weight."""
        weight = self._stages[stage][0].data()
        if self._sparsity is None or stage < len(self._stages) - 1:
            return weight
        return self.xp.multiply(weight, self._sparsity, out=self._sparse_weight)

    # Forward.

    def forward(self, times: Any, dropping: bool) -> None:
        """Run ``inputs`` and ``times`` (steps, batch) from ``states[0]``; fills ``states[1:]``.

        ``dropping`` applies dropout (the training phase).
        """
        with threads_for(self._largest * self.batch):
            self._forward(times, dropping)

    def _forward(self, times: Any, dropping: bool) -> None:
        self._begin(times, dropping)
        self._run_steps()

    def _begin(self, times: Any, dropping: bool) -> None:
        """Keep the times, and draw the dropout masks."""
        self.times[...] = times if self.batch > 1 else times[:, 0]
        self._dropping = dropping and bool(self._masks)
        if self._dropping:
            self._draw_masks()

    def _run_steps(self) -> None:
        xp, activate = self.xp, self._activation.forward
        self._feed_input()
        *stages, (head_weight, head_addends) = self._linear_stages()
        layers = [
            (weight, addends, *views)
            for (weight, addends), views in zip(stages, self._layer_views(), strict=True)
        ]
        before, sums = self._buffers.steps_of("states"), self._buffers.steps_of("sums")
        remember = None
        if self.memory is not None:
            self.memory.begin(self.inputs)
            remember, before = self.memory.stepper(before)
        head_step = self._heads.head_step()
        dot, add, multiply = xp.dot, xp.add, xp.multiply
        for step in range(self.steps):
            if remember is not None:
                remember(step)
            y = before[step]
            for weight, addends, layer_sums, outputs, masks in layers:
                z = layer_sums[step]
                dot(weight, y, z)
                add(z, addends[step], z)
                y = outputs[step]
                activate(xp, z, y)
                if masks:
                    multiply(y, masks[step], y)
            z = sums[step]
            dot(head_weight, y, z)
            add(z, head_addends[step], z)
            head_step(step)

    def _feed_input(self) -> None:
        """Compute the input's part of the first stage for all steps at once."""
        matrix = self._matrix(0)
        of_input = matrix[:, : self.columns]
        self._first_weight[...] = matrix[:, self.columns :]
        self._products.apply(of_input, self.inputs, self._from_input)
        self._from_input += self._buffers.column(self._stages[0][1].data())

    def _linear_stages(self) -> list[tuple[Any, list[Any]]]:
        """Return each stage's matrix and, for each step, the term added to its product."""
        stages = [(self._first_weight, self._buffers.steps_of("from_input"))]
        for index in range(1, len(self._stages)):
            bias = self._buffers.column(self._stages[index][1].data())
            stages.append((self._matrix(index), [bias] * self.steps))
        return stages

    def _layer_views(self) -> list[tuple[list[Any], list[Any], list[Any]]]:
        """Return the steps of each backbone layer's sums, outputs and dropout masks."""
        steps_of = self._buffers.steps_of
        return [
            (
                steps_of(self._sum_name.format(index)),
                steps_of(f"outputs{index}"),
                steps_of(f"masks{index}") if self._dropping else [],
            )
            for index in range(self.settings.backbone_layers)
        ]

    def _draw_masks(self) -> None:
        """Draw the dropout masks: 1 / (1 - ratio) with probability 1 - ratio, else 0."""
        ratio = self.settings.dropout_ratio
        for mask in self._masks:
            self.device.fill_uniform(mask)
            mask[...] = mask >= ratio
            mask /= 1.0 - ratio

    # Backward.

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate ``state_gradients``, what each of ``states[1:]`` gets from above, through time.

        Adds the weights' gradients to the blobs if ``learns``. :meth:`input_gradients`,
        :meth:`time_gradients` and ``initial_state_gradient`` then hold the others.
        """
        with threads_for(self._largest * self.batch):
            self._backward(state_gradients)
            if learns:
                self._weight_gradients()

    def _backward(self, state_gradients: Any) -> None:
        steps_of = self._buffers.steps_of
        self._heads.derive()
        for index, gradient in enumerate(self._unit_gradients):
            self._unit_derivative(index, gradient)
        factors, head_gradients = self._heads.backward_steps()
        lower = [
            (self._matrix(index + 1).T, steps_of(f"units{index}"))
            for index in reversed(range(self.settings.backbone_layers))
        ]
        first_weight, readout = self._first_weight.T, list(state_gradients)
        state_gradient, above = self._state_gradient, self._above
        state_gradient.fill(0)
        back = None
        if self.memory is not None:
            self.memory.begin_backward()
            back = self.memory.back_stepper()
        dot, add, multiply = self.xp.dot, self.xp.add, self.xp.multiply
        for step in range(self.steps - 1, -1, -1):
            add(state_gradient, readout[step], state_gradient)
            multiply(factors[step], state_gradient, factors[step])
            gradient = head_gradients[step]
            for weight, units in lower:
                dot(weight, gradient, above)
                gradient = units[step]
                multiply(above, gradient, gradient)
            dot(first_weight, gradient, state_gradient)
            if back is not None:
                back(step, state_gradient)

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]) after :meth:`backward`, (hidden, batch)."""
        return self._state_gradient

    def _unit_derivative(self, index: int, out: Any) -> None:
        """Write f'(z) of a backbone layer, times its dropout mask, for all steps."""
        output, upstream = self._outputs[index], out
        if self._dropping:
            upstream = self._masks[index]
            # The derivative needs f(z), but the stored output is after dropout; dropped units do not matter.
            output = output * (1.0 - self.settings.dropout_ratio)
        else:
            out.fill(1)
        self._derivative.backward(self.xp, self._sums[index], output, upstream, out)

    def _stage_gradients(self) -> list[Any]:
        return [*self._unit_gradients, self._heads.gradients]

    def _weight_gradients(self) -> None:
        products, gradients = self._products, self._stage_gradients()
        for index, (weight, bias) in enumerate(self._stages):
            gradient = gradients[index]
            if index:
                total = products.outer(gradient, self._outputs[index - 1])
            else:
                total = products.matrix(weight.shape, "first")
                total[:, : self.columns] = products.outer(gradient, self.inputs)
                total[:, self.columns :] = products.outer(gradient, self._before)
            if self._sparsity is not None and index == len(self._stages) - 1:
                total *= self._sparsity
            weight.add_diff(total)
            bias.add_diff(products.total(gradient))
        self._heads.add_own_gradients()
        if self.memory is not None:
            self.memory.add_gradients(self.inputs, self.states[:-1])

    def synapse_map(self) -> None:
        """Return None: there is no wiring."""

    def synapse_weights(self) -> np.ndarray:
        """Return the mean of ff1's and ff2's weights (``minimal``: ff1's), (H, columns + H), without a backbone."""
        rows = self.device.to_host(self._matrix(len(self._stages) - 1))[: self._heads.sparse_rows]
        return rows.reshape(-1, self.state_size, rows.shape[1]).mean(axis=0, dtype=np.float64)

    def time_scales(self) -> TimeScales:
        """Return the neurons' time constants, after :meth:`forward` of a batch of one."""
        return self._heads.time_scales(self.device.to_host)

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""
        of_input = self._matrix(0)[:, : self.columns]
        total = self._products.apply(of_input.T, self._stage_gradients()[0])
        if self.memory is not None:
            total += self.memory.input_gradients()
        return total

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`."""
        total = self._heads.time_gradients()
        return total[:, None] if self.batch == 1 else total
