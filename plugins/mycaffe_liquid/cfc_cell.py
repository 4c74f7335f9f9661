"""The CfC cell over a sequence: forward, and backpropagation through time.

Equations (Hasani et al., "Closed-form continuous-time neural networks", 2022, and its authors' code), for
input u, previous state h, elapsed time t and backbone activation f:

    a = [u | h];  a = f(W_l a + b_l) for each backbone layer
    f1 = tanh(ff1(a));  f2 = tanh(ff2(a));  s = sigmoid(time_a(a) * t + time_b(a))
    gate:     h' = f1 * (1 - s) + s * f2
    no gate:  h' = f1 + s * f2

How it is computed: arrays are feature-major, (steps, features, batch), without the last axis for a batch of
one. The input's part of the first product is one product for all steps; the four heads are one matrix; all
factors of the backward pass that do not depend on the gradient are computed for all steps at once; weight
gradients are products over all steps. With th = tanh(z / 2) for z = time_a * t + time_b, s = (1 + th) / 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mycaffe_py.blas import threads_for
from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.fused import FusedBlobs

from .cfc_settings import STACKED_HEADS, CfcBlobs, CfcSettings

# Steps gathered for one product of a weight gradient when the batch is larger than one.
_CHUNK = 8


class CfcCell:
    """The cell with its buffers for ``steps`` steps of a batch of ``batch`` sequences."""

    def __init__(
        self, settings: CfcSettings, blobs: Sequence[Blob], where: CfcBlobs, device: Device
    ):
        self.settings, self.device, self.xp = settings, device, device.xp
        self.dtype = blobs[0].dtype
        self.backbone = [(blobs[index], blobs[index + 1]) for index in where.backbone]
        heads = [where.heads[name] for name in STACKED_HEADS]
        self.head_weight = FusedBlobs([blobs[index] for index in heads])
        self.head_bias = FusedBlobs([blobs[index + 1] for index in heads])
        # Arrays of no axes: NumPy multiplies by them twice as fast as by Python's numbers.
        self._half, self._one = (self.xp.asarray(value, dtype=self.dtype) for value in (0.5, 1.0))
        self._activation = settings.activation()
        self._derivative = settings.activation()
        self._shape: tuple[int, int, int] | None = None

    # Buffers.

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Make room for a sequence of inputs (steps, columns, batch)."""
        if self._shape == (steps, batch, columns):
            return
        self._shape = (steps, batch, columns)
        self.steps, self.batch, self.columns = steps, batch, columns
        size, units = self.settings.hidden_size, self.settings.backbone_units
        layers = range(self.settings.backbone_layers)
        keeps_input = self._activation.keeps_input
        self.inputs = self.array(steps, columns)
        self.states = self.array(steps + 1, size)
        self.times = self.array(steps)
        self.heads = self.array(steps, 4 * size)
        self.by_step = self.array(steps, size)
        """Working memory of the layer's readout."""
        self._from_input = self.array(steps, units)
        self._outputs = [self.array(steps, units) for _ in layers]
        self._sums = [self.array(steps, units) for _ in layers] if keeps_input else self._outputs
        self._first_weight = self.xp.empty((units, size), dtype=self.dtype)
        self._difference, self._product = self.array(size), self.array(size)
        # The backward pass: derivatives of each head and unit for a gradient of one from above, which
        # turn into the gradients of the sums before each activation, step by step and in place.
        self._head_gradients = self.array(steps, 4, size)
        self._unit_gradients = [self.array(steps, units) for _ in layers]
        self._state_gradient, self._above = self.array(size), self.array(units)
        self._scratch = [self.array(steps, size) for _ in range(2)]
        dropout = self.settings.dropout_ratio > 0
        self._masks = [self.array(steps, units) for _ in layers] if dropout else []
        self._gathered: dict[tuple[int, str], Any] = {}
        self._views: dict[str, list[Any]] = {}

    def array(self, *shape: int) -> Any:
        """Return a new array whose last axis, the batch, is left out for a batch of one."""
        batch = () if self.batch == 1 else (self.batch,)
        return self.xp.zeros((*shape, *batch), dtype=self.dtype)

    def column(self, vector: Any) -> Any:
        """Return a vector of features for every sample of the batch.

        Written out, because adding it at each step is then several times as fast as broadcasting.
        """
        if self.batch == 1:
            return vector
        whole = self.xp.broadcast_to(vector[:, None], (vector.shape[0], self.batch))
        return self.xp.ascontiguousarray(whole)

    def _steps_of(self, name: str, array: Any) -> list[Any]:
        """Return the views array[0], array[1], ...: made once, for speed."""
        views = self._views.get(name)
        if views is None:
            views = self._views[name] = list(array)
        return views

    # Forward.

    def _threads(self) -> Any:
        largest = 4 * self.settings.hidden_size * self.settings.backbone_units * self.batch
        return threads_for(largest)

    def forward(self, times: Any, dropping: bool) -> None:
        """Run ``self.inputs`` and ``times`` (steps, batch) from ``states[0]``; fills ``states[1:]``.

        ``dropping`` applies dropout (the training phase).
        """
        with self._threads():
            self._forward(times, dropping)

    def _forward(self, times: Any, dropping: bool) -> None:
        xp, act = self.xp, self._activation
        self.times[...] = times if self.batch > 1 else times[:, 0]
        self._dropping = dropping and bool(self._masks)
        if self._dropping:
            self._draw_masks()
        self._feed_input()
        weights = [weight.data for weight, _ in self.backbone[1:]]
        biases = [self.column(bias.data) for _, bias in self.backbone[1:]]
        head_weight, head_bias = self.head_weight.data(), self.column(self.head_bias.data())
        layers = self._layer_views()
        sums, outputs, masks = layers[0]
        others = list(zip(weights, biases, layers[1:], strict=True))
        last = layers[-1][1]
        states = self._steps_of("states", self.states)
        heads = self._head_views()
        first_weight, from_input = self._first_weight, self._steps_of("in", self._from_input)
        dot, add, multiply, tanh = xp.dot, xp.add, xp.multiply, xp.tanh
        combine, half, product = self._combiner(), self._half, self._product
        spans = self._span_views()
        for step in range(self.steps):
            z, y = sums[step], outputs[step]
            dot(first_weight, states[step], z)
            add(z, from_input[step], z)
            act.forward(xp, z, y)
            if masks:
                multiply(y, masks[step], y)
            for weight, bias, (sums_l, outputs_l, masks_l) in others:
                z, previous, y = sums_l[step], y, outputs_l[step]
                dot(weight, previous, z)
                add(z, bias, z)
                act.forward(xp, z, y)
                if masks_l:
                    multiply(y, masks_l[step], y)
            stacked, bent, first, second, time_b, time_a = heads[step]
            dot(head_weight, last[step], stacked)
            add(stacked, head_bias, stacked)
            multiply(time_a, spans[step], product)
            add(time_b, product, time_b)
            multiply(time_b, half, time_b)
            tanh(bent, bent)
            combine(first, second, time_b, states[step + 1])

    def _layer_views(self) -> list[tuple[list[Any], list[Any], list[Any]]]:
        return [
            (
                self._steps_of(f"sums{index}", self._sums[index]),
                self._steps_of(f"outputs{index}", self._outputs[index]),
                self._steps_of(f"masks{index}", self._masks[index]) if self._dropping else [],
            )
            for index in range(self.settings.backbone_layers)
        ]

    def _head_views(self) -> list[Any]:
        views = self._views.get("heads")
        if views is None:
            n = self.settings.hidden_size
            views = self._views["heads"] = [
                (h, h[: 3 * n], h[:n], h[n : 2 * n], h[2 * n : 3 * n], h[3 * n :])
                for h in self.heads
            ]
        return views

    def _span_views(self) -> list[Any]:
        views = self._views.get("spans")
        if views is None:
            views = self._views["spans"] = [self.times[step, ...] for step in range(self.steps)]
        return views

    def _feed_input(self) -> None:
        """Compute the input's part of the first backbone layer for all steps at once."""
        weight, bias = self.backbone[0]
        of_input = weight.data[:, : self.columns]
        self._first_weight[...] = weight.data[:, self.columns :]
        if self.batch == 1:
            self.xp.dot(self.inputs, of_input.T, self._from_input)
        else:
            self.xp.matmul(of_input, self.inputs, out=self._from_input)
        self._from_input += self.column(bias.data)

    def _combiner(self) -> Callable[[Any, Any, Any, Any], None]:
        """Return the function that writes the new state from f1, f2 and th = tanh(z / 2)."""
        add, multiply, subtract = self.xp.add, self.xp.multiply, self.xp.subtract
        half, one, difference = self._half, self._one, self._difference

        def no_gate(first: Any, second: Any, half_tanh: Any, out: Any) -> None:
            add(half_tanh, one, out)  # f1 + f2 (1 + th) / 2
            multiply(out, second, out)
            multiply(out, half, out)
            add(out, first, out)

        def gate(first: Any, second: Any, half_tanh: Any, out: Any) -> None:
            subtract(second, first, difference)  # ((f1 + f2) + th (f2 - f1)) / 2
            multiply(half_tanh, difference, difference)
            add(first, second, out)
            add(out, difference, out)
            multiply(out, half, out)

        return no_gate if self.settings.no_gate else gate

    def _draw_masks(self) -> None:
        """Draw the dropout masks: 1 / (1 - ratio) with probability 1 - ratio, else 0."""
        ratio = self.settings.dropout_ratio
        for mask in self._masks:
            self.device.fill_uniform(mask)
            mask[...] = mask >= ratio
            mask /= 1.0 - ratio

    # Backward.

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate dL/d(states) (steps, hidden, batch; the readout's share of each step) through time.

        Adds the weights' gradients to the blobs if ``learns``. :meth:`input_gradients`,
        :meth:`time_gradients` and ``initial_state_gradient`` then hold the others.
        """
        with self._threads():
            self._backward(state_gradients, learns)

    def _backward(self, state_gradients: Any, learns: bool) -> None:
        self._local_derivatives()
        batch = self.heads.shape[2:]
        stacked = self._head_gradients.reshape(self.steps, 4 * self.settings.hidden_size, *batch)
        heads = self._steps_of("head_gradients", self._head_gradients)
        stacked_heads = self._steps_of("stacked_gradients", stacked)
        units = [
            (weight.data.T, self._steps_of(f"unit_gradients{index}", self._unit_gradients[index]))
            for index, (weight, _) in enumerate(self.backbone)
        ]
        lower_units = units[-2::-1]
        upper_weights = [weight for weight, _ in units[:0:-1]]
        lower = list(zip(upper_weights, (steps for _, steps in lower_units), strict=True))
        top_units, head_weight = units[-1][1], self.head_weight.data().T
        first_weight, readout = self._first_weight.T, list(state_gradients)
        state_gradient, above = self._state_gradient, self._above
        state_gradient.fill(0)
        dot, add, multiply = self.xp.dot, self.xp.add, self.xp.multiply
        for step in range(self.steps - 1, -1, -1):
            add(state_gradient, readout[step], state_gradient)
            multiply(heads[step], state_gradient, heads[step])
            gradient = top_units[step]
            dot(head_weight, stacked_heads[step], above)
            multiply(above, gradient, gradient)
            for weight, unit_steps in lower:
                dot(weight, gradient, above)
                gradient = unit_steps[step]
                multiply(above, gradient, gradient)
            dot(first_weight, gradient, state_gradient)
        if learns:
            self._weight_gradients(stacked)

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]) after :meth:`backward`, (hidden, batch)."""
        return self._state_gradient

    def _local_derivatives(self) -> None:
        """Compute, for all steps, the derivative of each head and unit for a gradient of one from above."""
        xp, n = self.xp, self.settings.hidden_size
        first, second = self.heads[:, :n], self.heads[:, n : 2 * n]
        half_tanh = self.heads[:, 2 * n : 3 * n]
        d_first, d_second, d_b, d_a = (self._head_gradients[:, index] for index in range(4))
        share, slope = self._scratch
        xp.multiply(half_tanh, 0.5, out=share)
        xp.add(share, 0.5, out=share)  # s
        xp.multiply(first, first, out=d_first)
        xp.subtract(1.0, d_first, out=d_first)
        xp.multiply(second, second, out=d_second)
        xp.subtract(1.0, d_second, out=d_second)
        xp.multiply(d_second, share, out=d_second)
        xp.subtract(1.0, share, out=slope)  # 1 - s
        if self.settings.no_gate:
            xp.multiply(slope, share, out=slope)
            xp.multiply(second, slope, out=d_b)
        else:
            xp.multiply(d_first, slope, out=d_first)
            xp.multiply(slope, share, out=slope)
            xp.subtract(second, first, out=d_b)
            xp.multiply(d_b, slope, out=d_b)
        xp.multiply(d_b, self.times[:, None], out=d_a)
        for index, gradient in enumerate(self._unit_gradients):
            self._unit_derivative(index, gradient)

    def _unit_derivative(self, index: int, out: Any) -> None:
        """Write f'(z) of a backbone layer, times its dropout mask, for all steps."""
        output, upstream = self._outputs[index], out
        if self._dropping:
            upstream = self._masks[index]
            # The derivative wants f(z), the stored output is after dropout; dropped ones do not matter.
            output = output * (1.0 - self.settings.dropout_ratio)
        else:
            out.fill(1)
        self._derivative.backward(self.xp, self._sums[index], output, upstream, out)

    def _weight_gradients(self, head_gradients: Any) -> None:
        self.head_weight.add_diff(self._outer(head_gradients, self._outputs[-1], "heads"))
        self.head_bias.add_diff(self._sum(head_gradients))
        for index in range(self.settings.backbone_layers - 1, 0, -1):
            weight, bias = self.backbone[index]
            gradient = self._unit_gradients[index]
            diff = weight.diff
            diff += self._outer(gradient, self._outputs[index - 1], "unit")
            diff = bias.diff
            diff += self._sum(gradient)
        weight, bias = self.backbone[0]
        gradient, diff = self._unit_gradients[0], weight.diff
        diff[:, : self.columns] += self._outer(gradient, self.inputs, "input")
        diff[:, self.columns :] += self._outer(gradient, self.states[:-1], "state")
        diff = bias.diff
        diff += self._sum(gradient)

    def _sum(self, gradient: Any) -> Any:
        # Steps first: one sum over both axes at once is many times slower in NumPy.
        total = gradient.sum(axis=0)
        return total if self.batch == 1 else total.sum(axis=1)

    def _outer(self, gradient: Any, values: Any, name: str) -> Any:
        """Return the sum over steps and batch of gradient x values, valid until the next call."""
        xp = self.xp
        key = (gradient.shape[1], name)
        if key not in self._gathered:
            shape = (gradient.shape[1], values.shape[1])
            self._gathered[key] = xp.empty(shape, dtype=self.dtype)
        total = self._gathered[key]
        if self.batch == 1:
            return xp.dot(gradient.T, values, total)
        total.fill(0)
        for start in range(0, self.steps, _CHUNK):
            part = slice(start, min(start + _CHUNK, self.steps))
            columns = (part.stop - start) * self.batch
            left = gradient[part].transpose(1, 0, 2).reshape(gradient.shape[1], columns)
            right = values[part].transpose(1, 0, 2).reshape(values.shape[1], columns)
            total += xp.dot(left, right.T)
        return total

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""
        of_input = self.backbone[0][0].data[:, : self.columns]
        if self.batch == 1:
            return self.xp.dot(self._unit_gradients[0], of_input)
        return self.xp.matmul(of_input.T, self._unit_gradients[0])

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`: sum over H of dz * time_a."""
        time_a = self.heads[:, 3 * self.settings.hidden_size :]
        product = self._head_gradients[:, 2] * time_a
        total = product.sum(axis=1)
        return total[:, None] if self.batch == 1 else total
