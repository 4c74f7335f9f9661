"""Mixed memory: an LSTM in front of a liquid cell (Lechner and Hasani, "Learning long-term dependencies in
irregularly-sampled time series", 2020, and the CfC authors' code)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.functions import sigmoid
from mycaffe_py.layer import Layer

from .cfc_settings import add_linear, weight_filler
from .step_buffers import StepBuffers
from .step_products import StepProducts


class Memory:
    """At each step (h, c) = LSTM(u, (h, c)); the cell then continues from this h, and c is kept for the next step.

    For input u, state h and memory c, with the rows of z in four parts i, g, f, o of the hidden size each:

        z = input_map u + b + recurrent_map h
        c' = c sigmoid(f + 1) + tanh(i) sigmoid(g);  h' = tanh(c') sigmoid(o)

    A cell calls :meth:`begin` and then, before each step, the function of :meth:`stepper`; on the way back
    :meth:`begin_backward`, after each step the function of :meth:`back_stepper`, and :meth:`add_gradients`.
    """

    compiled = False
    """Whether the compiled kernels of a cell run it."""

    def __init__(self, blobs: Sequence[Blob], first: int, device: Device):
        self.xp = device.xp
        dtype = blobs[first].dtype
        self._input_map, self._bias, self._recurrent_map = blobs[first : first + 3]
        self.size = self._recurrent_map.shape[1]
        self._buffers = StepBuffers(self.xp, dtype)
        self._products = StepProducts(self.xp, dtype)

    def reshape(self, steps: int, batch: int) -> None:
        """Allocate the buffers for that many steps."""
        self._buffers.start(batch)
        array, size = self._buffers.array, self.size
        self.states = array("states", steps + 1, size)
        """(steps + 1, size, batch): the initial memory c, then c after each step."""
        self.outputs = array("outputs", steps, size)
        """(steps, size, batch): the state h' that the cell continues from."""
        self.from_above = array("from_above", size)
        """(size, batch): dL/d(states[-1]) from above, for the backward pass."""
        self.initial_gradient = array("carry", size)
        """(size, batch): dL/d(states[0]) after the backward pass."""
        self._sums = array("sums", steps, 4 * size)
        self._activated = array("activated", steps, size)
        self._gradients = array("gradients", steps, 4 * size)
        self._slopes = array("slopes", steps, size)
        self._product = array("product", size)

    def arrays(self) -> dict[str, Any]:
        """Return the arrays that kernels read and write, by their names in ``cfc_sizes.cuh``."""
        return {
            "recurrent": self._recurrent_map.data,
            "memory_sums": self._sums,
            "memory_states": self.states,
            "memory_activated": self._activated,
            "memory_outputs": self.outputs,
            "memory_gradients": self._gradients,
            "memory_carry": self.initial_gradient,
        }

    # Forward.

    def begin(self, inputs: Any) -> None:
        """Compute the input's part of z for all steps (steps, columns, batch)."""
        self._products.apply(self._input_map.data, inputs, self._sums)
        self._sums += self._buffers.column(self._whole_bias())

    def _whole_bias(self) -> Any:
        """Return the bias with the 1 that f gets."""
        bias = self._bias.data.copy()
        bias[2 * self.size : 3 * self.size] += 1
        return bias

    def stepper(self, states: list[Any]) -> tuple[Callable[[int], None], list[Any]]:
        """Return the function that computes a step's output from ``states[step]``, and the outputs of all steps."""
        xp, size, buffers = self.xp, self.size, self._buffers
        dot, add, multiply, tanh = xp.dot, xp.add, xp.multiply, xp.tanh
        weight, product = self._recurrent_map.data, self._product
        recurrent = buffers.array("recurrent", 4 * size)
        cuts = (slice(0, size), slice(size, 4 * size))
        gate_rows = (slice(size, 2 * size), slice(2 * size, 3 * size), slice(3 * size, 4 * size))
        parts = buffers.parts_of("sums", *cuts, *gate_rows)
        sums, kept, activations = (
            buffers.steps_of(name) for name in ("sums", "states", "activated")
        )
        outputs = buffers.steps_of("outputs")

        def remember(step: int) -> None:
            candidate, gates, input_gate, forget_gate, output_gate = parts[step]
            dot(weight, states[step], recurrent)
            add(sums[step], recurrent, sums[step])
            tanh(candidate, candidate)
            sigmoid(xp, gates, gates)
            memory, activated = kept[step + 1], activations[step]
            multiply(kept[step], forget_gate, memory)
            multiply(candidate, input_gate, product)
            add(memory, product, memory)
            tanh(memory, activated)
            multiply(activated, output_gate, outputs[step])

        return remember, outputs

    # Backward.

    def take_from_above(self) -> None:
        """Begin with the gradient of the last memory that comes from above."""
        self.initial_gradient[...] = self.from_above

    def begin_backward(self) -> None:
        """Compute, for all steps, the factors for the gradients of c' and h'."""
        xp, n = self.xp, self.size
        candidate, input_gate, forget_gate, output_gate = (
            self._sums[:, i * n : (i + 1) * n] for i in range(4)
        )
        d_candidate, d_input_gate, d_forget_gate, d_output_gate = (
            self._gradients[:, i * n : (i + 1) * n] for i in range(4)
        )
        xp.multiply(candidate, candidate, out=d_candidate)
        xp.subtract(1.0, d_candidate, out=d_candidate)
        xp.multiply(d_candidate, input_gate, out=d_candidate)
        for gate, value, out in (
            (input_gate, candidate, d_input_gate),
            (forget_gate, self.states[:-1], d_forget_gate),
            (output_gate, self._activated, d_output_gate),
        ):
            xp.subtract(1.0, gate, out=out)
            xp.multiply(out, gate, out=out)
            xp.multiply(out, value, out=out)
        xp.multiply(self._activated, self._activated, out=self._slopes)
        xp.subtract(1.0, self._slopes, out=self._slopes)
        xp.multiply(self._slopes, output_gate, out=self._slopes)
        self.take_from_above()

    def back_stepper(self) -> Callable[[int, Any], None]:
        """Return the function that turns a step's dL/dh' into dL/dh, in place."""
        n, buffers = self.size, self._buffers
        dot, add, multiply = self.xp.dot, self.xp.add, self.xp.multiply
        weight, product, carry = self._recurrent_map.data.T, self._product, self.initial_gradient
        gradients, slopes = buffers.steps_of("gradients"), buffers.steps_of("slopes")
        cuts = (slice(0, n), slice(n, 2 * n), slice(2 * n, 3 * n), slice(3 * n, 4 * n))
        parts, forget_gates = (
            buffers.parts_of("gradients", *cuts),
            buffers.parts_of("sums", cuts[2]),
        )

        def back(step: int, gradient: Any) -> None:
            multiply(slopes[step], gradient, product)
            add(carry, product, carry)
            *of_memory, of_output = parts[step]
            for part in of_memory:
                multiply(part, carry, part)
            multiply(of_output, gradient, of_output)
            (forget_gate,) = forget_gates[step]
            multiply(carry, forget_gate, carry)
            dot(weight, gradients[step], gradient)

        return back

    def add_gradients(self, inputs: Any, states: Any) -> None:
        """Add the blobs' gradients, given the inputs and the states (steps, size, batch) before each step."""
        products, gradients = self._products, self._gradients
        diff = self._input_map.diff
        diff += products.outer(gradients, inputs)
        diff = self._bias.diff
        diff += products.total(gradients)
        diff = self._recurrent_map.diff
        diff += products.outer(gradients, states)

    def input_gradients(self) -> Any:
        """Return the share of dL/d(inputs) that came through the memory."""
        return self._products.apply(self._input_map.data.T, self._gradients)


def memory_of(
    layer: Layer, columns: int, size: int, kind: type[Memory] = Memory
) -> Callable[[], Memory] | None:
    """Add the blobs of the mixed memory that ``cfc_param`` asks for; return a factory for it, or None.

    They are ``lstm.input_map`` (weight and bias) and ``lstm.recurrent_map.weight``, with the cell's fillers.
    """
    if not layer.param.cfc_param.use_mixed:
        return None
    first = add_linear(layer, "lstm.input_map", 4 * size, columns)
    layer.add_blob((4 * size, size), weight_filler(layer), "lstm.recurrent_map.weight")
    return lambda: kind(layer.blobs, first, layer.device)
