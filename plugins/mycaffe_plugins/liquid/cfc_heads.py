"""The CfC cell's heads: from the backbone's output to the new state, and back.

The cell's loop computes the sums of all heads of a step as one product and then calls the function returned by
``head_step()``. For the backward pass, ``derive()`` computes the factors by which the gradient of each step's new
state is multiplied, for all steps at once, because they do not depend on the gradient. ``gradients`` holds these
factors, and after the multiplication the gradients of the sums. The cell's arrays are "times" and "states" in its
buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob, StackedBlobs

from .cfc_settings import CfcBlobs
from .sequence_cell import LONGEST_SPAN
from .step_buffers import StepBuffers
from .time_scales import TimeScales, inverse_of


class GatedHeads:
    """f1, f2 and the gate s; with th = tanh(z / 2) for z = time_a * t + time_b, s = (1 + th) / 2.

    gate:     h' = f1 (1 - s) + s f2
    no gate:  h' = f1 + s f2
    """

    min_span = None
    solution: tuple[Blob, ...] = ()
    """The heads' own parameters: none."""

    def __init__(
        self, xp: Any, buffers: StepBuffers, blobs: Sequence[Blob], where: CfcBlobs, no_gate: bool
    ):
        self.xp, self._buffers, self._no_gate = xp, buffers, no_gate
        self.weight = StackedBlobs([blobs[index] for index in where.heads])
        self.bias = StackedBlobs([blobs[index + 1] for index in where.heads])
        self._size = blobs[where.heads[0]].shape[0]
        self.sparse_rows = 2 * self._size
        """Number of first rows of the weight that a wiring makes sparse: those of ff1 and ff2."""
        # Arrays without axes: NumPy multiplies by them twice as fast as by Python numbers.
        dtype = blobs[0].dtype
        self._half, self._one = (xp.asarray(value, dtype=dtype) for value in (0.5, 1.0))

    def reshape(self, steps: int) -> None:
        """Allocate the buffers for that many steps."""
        array, size = self._buffers.array, self._size
        self.sums = array("sums", steps, 4 * size)
        self.gradients = array("factors", steps, 4 * size)
        self._factors = self.gradients.reshape(steps, 4, size, *self.gradients.shape[2:])
        self._product, self._difference = array("product", size), array("difference", size)
        self._share, self._slope = array("share", steps, size), array("slope", steps, size)
        self._times = array("times", steps)

    # Forward.

    def head_step(self) -> Callable[[int], None]:
        """Return the function that writes the next state from the sums of a step."""
        n, steps_of = self._size, self._buffers.steps_of
        times, states = steps_of("times"), steps_of("states")
        parts = self._buffers.parts_of(
            "sums", *(slice(a * n, b * n) for a, b in ((0, 3), (0, 1), (1, 2), (2, 3), (3, 4)))
        )
        add, multiply, tanh = self.xp.add, self.xp.multiply, self.xp.tanh
        combine, half, product = self._combiner(), self._half, self._product

        def step_heads(step: int) -> None:
            activated, first, second, time_b, time_a = parts[step]
            multiply(time_a, times[step], product)
            add(time_b, product, time_b)
            multiply(time_b, half, time_b)
            tanh(activated, activated)
            combine(first, second, time_b, states[step + 1])

        return step_heads

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

        return no_gate if self._no_gate else gate

    # Inspection.

    def time_scales(self, to_host: Callable[[Any], np.ndarray]) -> TimeScales:
        """Return the gate's time constants, after a pass of a batch of one."""
        n = self._size
        sums = to_host(self.sums).reshape(len(self.sums), -1)
        return gate_time_scales(sums[:, 3 * n :], sums[:, 2 * n : 3 * n])

    # Backward.

    def backward_steps(self) -> tuple[list[Any], list[Any]]:
        """Return each step's factors (heads, H, batch), and the gradients computed from them (rows, batch)."""
        steps_of = self._buffers.steps_of
        return steps_of("factors", 4, self._size), steps_of("factors")

    def derive(self) -> None:
        """Fill the factors of f1, f2, time_b and time_a."""
        xp, n = self.xp, self._size
        first, second = self.sums[:, :n], self.sums[:, n : 2 * n]
        half_tanh = self.sums[:, 2 * n : 3 * n]
        d_first, d_second, d_b, d_a = (self._factors[:, index] for index in range(4))
        share, slope = self._share, self._slope
        xp.multiply(half_tanh, 0.5, out=share)
        xp.add(share, 0.5, out=share)  # s
        xp.multiply(first, first, out=d_first)
        xp.subtract(1.0, d_first, out=d_first)
        xp.multiply(second, second, out=d_second)
        xp.subtract(1.0, d_second, out=d_second)
        xp.multiply(d_second, share, out=d_second)
        xp.subtract(1.0, share, out=slope)  # 1 - s
        if self._no_gate:
            xp.multiply(slope, share, out=slope)
            xp.multiply(second, slope, out=d_b)
        else:
            xp.multiply(d_first, slope, out=d_first)
            xp.multiply(slope, share, out=slope)
            xp.subtract(second, first, out=d_b)
            xp.multiply(d_b, slope, out=d_b)
        xp.multiply(d_b, self._times[:, None], out=d_a)

    def add_own_gradients(self) -> None:
        """Do nothing: there are no parameters besides weights and biases."""

    def time_gradients(self) -> Any:
        """Return dL/dt of all steps: the sum over H of dz * time_a."""
        return (self._factors[:, 2] * self.sums[:, 3 * self._size :]).sum(axis=1)


class MinimalHeads:
    """The direct solution of the equation: p = ff1 without tanh, h' = A - A e p with e = exp(-t (|w_tau| + |p|)).

    With g = dL/dh':  dp = g A e (t |p| - 1),  dA = g (1 - e p),  dw_tau = g A e p t sign(w_tau),
    dt = sum over H of g A e p (|w_tau| + |p|).
    """

    min_span = 0.0
    """For negative spans, the solution grows without bound."""

    def __init__(self, xp: Any, buffers: StepBuffers, blobs: Sequence[Blob], where: CfcBlobs):
        self.xp, self._buffers = xp, buffers
        (head,) = where.heads
        self.weight, self.bias = StackedBlobs([blobs[head]]), StackedBlobs([blobs[head + 1]])
        self._w_tau, self._a = blobs[where.solution], blobs[where.solution + 1]
        self.solution = (self._w_tau, self._a)
        self.sparse_rows = self._size = blobs[head].shape[0]

    def reshape(self, steps: int) -> None:
        """Allocate the buffers for that many steps."""
        array, size = self._buffers.array, self._size
        self.sums = array("sums", steps, size)
        self._decays = array("decays", steps, size)
        self._times, self._back = array("times", steps), array("back", steps)
        self._product = array("product", size)
        factors = array("factors", steps, 3 * size)
        self.gradients = factors[:, :size]
        # Beside the gradient of p: g e p, and g itself.
        self._share, self._upstream = factors[:, size : 2 * size], factors[:, 2 * size :]

    def solution_values(self) -> tuple[Any, Any]:
        """Return |w_tau| and A, (H,) each."""
        size = self._size
        return self.xp.absolute(self._w_tau.data.reshape(size)), self._a.data.reshape(size)

    def _columns(self) -> tuple[Any, Any]:
        """Return |w_tau| and A for every sample."""
        w_tau, a = self.solution_values()
        return self._buffers.column(w_tau), self._buffers.column(a)

    def head_step(self) -> Callable[[int], None]:
        """Return the function that writes the next state from the p of a step."""
        xp, steps_of = self.xp, self._buffers.steps_of
        absolute, add, multiply, subtract, exp = (
            xp.absolute, xp.add, xp.multiply, xp.subtract, xp.exp,
        )  # fmt: skip
        sums, decays, states = steps_of("sums"), steps_of("decays"), steps_of("states")
        back, product = steps_of("back"), self._product
        w_tau, a = self._columns()
        xp.minimum(self._times, LONGEST_SPAN, out=self._back)
        xp.negative(self._back, out=self._back)

        def step_heads(step: int) -> None:
            p, decay = sums[step], decays[step]
            absolute(p, decay)
            add(decay, w_tau, decay)
            multiply(decay, back[step], decay)
            exp(decay, decay)
            multiply(decay, p, product)
            multiply(product, a, product)
            subtract(a, product, states[step + 1])

        return step_heads

    def time_scales(self, to_host: Callable[[Any], np.ndarray]) -> TimeScales:
        """Return the solution's time constants, after a pass of a batch of one."""
        p = to_host(self.sums).reshape(len(self.sums), -1)
        decays = to_host(self._decays).reshape(p.shape)
        return solution_time_scales(p, decays, np.abs(to_host(self._w_tau.data)).reshape(-1))

    def backward_steps(self) -> tuple[list[Any], list[Any]]:
        """Return each step's factors (3, H, batch), and the gradients computed from the first (H, batch)."""
        gradients = self._buffers.parts_of("factors", slice(0, self._size))
        return self._buffers.steps_of("factors", 3, self._size), [part for (part,) in gradients]

    def derive(self) -> None:
        """Fill the factors of p, of e p and of 1."""
        xp, factor = self.xp, self.gradients
        xp.absolute(self.sums, out=factor)
        # In this order: e is 0 where t is huge, and never meets an infinite product.
        xp.multiply(self._decays, self._times[:, None], out=self._share)
        xp.multiply(factor, self._share, out=factor)
        xp.subtract(factor, self._decays, out=factor)
        xp.multiply(factor, self._columns()[1], out=factor)
        xp.multiply(self._decays, self.sums, out=self._share)
        self._upstream.fill(1)

    def add_own_gradients(self) -> None:
        """Add the gradients of w_tau and A."""
        share = self._total(self._share * self._times[:, None])
        self.add_solution_gradients(self._total(self._upstream) - self._total(self._share), share)

    def add_solution_gradients(self, of_a: Any, share: Any) -> None:
        """Add dL/dA, (H,), and that of w_tau, given the sum of g e p t, (H,)."""
        w_tau, a = self._w_tau, self._a
        diff = w_tau.diff
        diff += self.xp.sign(w_tau.data) * a.data * share
        diff = a.diff
        diff += of_a

    def _total(self, array: Any) -> Any:
        total = array.sum(axis=0)
        return total if total.ndim == 1 else total.sum(axis=1)

    def time_gradients(self) -> Any:
        """Return dL/dt of all steps."""
        w_tau, a = self._columns()
        rate = self.xp.absolute(self.sums)
        rate += w_tau
        rate *= a
        rate *= self._share
        return rate.sum(axis=1)


def gate_time_scales(time_a: np.ndarray, half_tanh: np.ndarray) -> TimeScales:
    """Return the gate's time constants from the sums of time_a and th = tanh(z / 2), (steps, H) each."""
    return TimeScales(
        inverse_of(np.abs(time_a.astype(np.float64))),
        "1 / |time_a|, the time in which the odds s / (1 - s) of the gate change by a factor of e",
        0.5 + 0.5 * half_tanh.astype(np.float64),
        "gate s of the step: 0 selects ff1, 1 selects ff2",
    )


def solution_time_scales(p: np.ndarray, decays: np.ndarray, w_tau: np.ndarray) -> TimeScales:
    """Return the minimal solution's time constants from p and its decays e, (steps, H), and |w_tau|, (H,)."""
    return TimeScales(
        inverse_of(np.abs(p.astype(np.float64)) + w_tau),
        "1 / (|w_tau| + |ff1|), the time in which the distance to A shrinks by a factor of e",
        1.0 - decays.astype(np.float64),
        "share of the way to A in the step",
    )
