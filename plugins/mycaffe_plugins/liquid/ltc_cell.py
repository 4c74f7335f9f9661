"""The LTC cell over a sequence: forward, and backpropagation through unfolds and time.

Equations (Hasani et al., "Liquid time-constant networks", 2021, and the authors' code), for input u, state v of
H neurons, time span t and N unfolds; :class:`Synapses` says what flow and conductance are:

    x = input_w u + input_b;   d = (t + 1) / N, in the form NCPS d = t / N
    A = gleak vleak + flow of the synapses from x;   B = gleak + epsilon + their conductance
    N times:  v = (cm v + d (A + flow from v)) / (cm + d (B + conductance from v))

which is the authors' v = (cm / d v + ...) / (cm / d + ...) without its division by the span. As computed:

    R = A + flow - v (B + conductance);   v = v + b R / D;   D = a cm + b (B + conductance)

with a = 1 / max(d, 1) and b = min(d, 1), so that a span of 0 leaves the state exactly as it is, and an infinite
one gives the state of rest. In the form NCPS the output is v output_w + output_b of the motor neurons.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.device import threads_for
from mycaffe_py.layer import Layer

from .flat_buffers import FlatBuffers
from .ltc_settings import LtcBlobs, SynapseBlobs
from .ltc_synapses import Synapses
from .memory import Memory
from .synapse_map import SynapseMap
from .time_scales import TimeScales, inverse_of

# Keeps the denominator positive where cm and the span are 0; negligible compared with any other cm.
_MIN_CAPACITY = 1e-30


class LtcCell:
    """The cell with its buffers for ``steps`` steps of a batch; a :class:`SequenceCell`.

    With a ``memory``, each step continues from the state that the memory makes of the previous one. The cell's own
    arrays always have all three axes, (steps, features, batch).
    """

    def __init__(self, layer: Layer, blobs: LtcBlobs, memory: Memory | None = None):
        self.settings, self.blobs, self.memory = blobs.settings, blobs, memory
        self._layer = layer
        self.device, self.xp, self.dtype = layer.device, layer.xp, layer.dtype
        self.state_size = self.settings.hidden_size
        self.output_size = blobs.motor_count
        self.output_rows = slice(0, self.output_size)
        self.output_map, self.wiring = blobs.output, blobs.wiring
        self.min_span = -1.0 if self.settings.form == "AUTHORS" else 0.0
        """The span at which d is 0."""
        self.columns = blobs.sensory.w.shape[0]
        self._synapses = self._new_synapses(blobs.synapses)
        self._sensory = self._new_synapses(blobs.sensory)
        # An array without axes: NumPy divides it twice as fast as a Python number.
        self._one = self.xp.asarray(1.0, dtype=self.dtype)
        self._deferred = layer.context.checks.add(layer, self._fail_at_zero)
        self._buffers = FlatBuffers(self.xp, self.dtype)
        self._shape: tuple[int, int] | None = None

    def _new_synapses(self, blobs: SynapseBlobs) -> Any:
        return Synapses(blobs, self.device)

    # Buffers.

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Allocate the buffers for a sequence of inputs (steps, columns, batch)."""
        if self._shape == (steps, batch):
            return
        self._shape = (steps, batch)
        self.steps, self.batch = steps, batch
        self._allocate(columns)
        self.inputs = self._as_seen(self._inputs)
        self.states = self._as_seen(self._states)
        self.state_gradients = self._as_seen(self._gradients_above)
        if self.memory is not None:
            self.memory.reshape(steps, batch)

    def _allocate(self, columns: int) -> None:
        steps, batch = self.steps, self.batch
        size, unfolds = self.settings.hidden_size, self.settings.unfolds
        self._synapses.reshape(batch)
        self._sensory.reshape(steps * batch)
        array, arrays = self._buffers.array, self._buffers.arrays
        # The states between unfolds; R and 1 / D of each unfold.
        self._states = array("states", steps + 1, size, batch)
        self._between = array("between", steps, unfolds - 1, size, batch)
        self._rates, self._inverses = arrays("rates inverses", steps, unfolds, size, batch)
        self._inputs, self._input_gradients = arrays("inputs of_inputs", steps, columns, batch)
        self._mapped, self._mapped_gradient = arrays("mapped of_mapped", columns, steps, batch)
        # A and B of each step.
        self._leak, self._leak_gradient = arrays("leak of_leak", size, 2, steps, batch)
        self._capacity_factor, self._rate_factor, self._time_gradient = arrays(
            "capacity_factor rate_factor of_times", steps, batch
        )
        self._flow, self._flow_gradient, self._leak_sum = arrays("flow of_flow sum", size, 2, batch)
        self._capacity, self._state_gradient, self._scaled, self._product = arrays(
            "capacity of_state scaled product", size, batch
        )
        self._of_spans, self._of_cm = arrays("of_spans of_cm", size, batch)
        self._gradients_above = array("state_gradients", steps, size, batch)

    @property
    def _starts(self) -> Any:
        """The states that each step continues from, (steps, size, batch) or one more step."""
        if self.memory is None:
            return self._states
        return self.memory.outputs.reshape(self.steps, self.state_size, self.batch)

    def _as_seen(self, array: Any) -> Any:
        """Return a view without the batch axis for a batch of one, as layers see the cell's arrays."""
        return array[..., 0] if self.batch == 1 else array

    # Forward.

    def forward(self, times: Any, dropping: bool) -> None:
        """Run over ``inputs`` and ``times`` (steps, batch) from ``states[0]``; fills ``states[1:]``.

        With ``dropping``, the training phase, the positivity CLIP sets negative weights to 0. Fails if a
        denominator is 0, which takes negative weights.
        """
        self._take_spans(times)
        with self._threads():
            self._prepare(dropping)
            self._feed_input()
            with np.errstate(divide="ignore", invalid="ignore"):
                self._run()
        self._check_denominators()

    def _threads(self) -> Any:
        return threads_for(2 * self.settings.hidden_size * self.batch)

    def _take_spans(self, times: Any) -> None:
        """Compute a and b of each step and sample."""
        xp, spans = self.xp, self._rate_factor
        xp.subtract(times, self.min_span, out=spans)
        spans /= self.settings.unfolds
        xp.maximum(spans, 1.0, out=self._capacity_factor)
        xp.divide(1.0, self._capacity_factor, out=self._capacity_factor)
        xp.minimum(spans, 1.0, out=spans)

    def _prepare(self, training: bool) -> None:
        """Compute everything that depends on the current weights alone."""
        xp, blobs = self.xp, self.blobs
        if training:
            for positive in blobs.positive:
                positive.clip()
        self._synapses.prepare()
        self._sensory.prepare()
        self._gleak = blobs.gleak.used()
        self._cm = blobs.cm.used() + _MIN_CAPACITY
        constant = self._synapses.constant + self._sensory.constant
        constant[:, 0] += self._gleak * blobs.vleak.data
        constant[:, 1] += self._gleak + self.settings.epsilon
        self._constant = xp.expand_dims(constant, 2)

    def _feed_input(self) -> None:
        """Compute A and B, which do not depend on the states, for all steps at once."""
        blobs, mapped = self.blobs, self._mapped
        self.xp.multiply(
            self._inputs.transpose(1, 0, 2), blobs.input_w.data[:, None, None], out=mapped
        )
        mapped += blobs.input_b.data[:, None, None]
        leak = self._flat(self._leak)
        self._sensory.forward(self._flat(mapped), leak)
        leak += self._constant

    def _flat(self, array: Any) -> Any:
        """Return a view of (..., steps, batch) with both as one axis."""
        return array.reshape(*array.shape[:-2], self.steps * self.batch)

    def _run(self) -> None:
        xp, capacity, flow = self.xp, self._capacity, self._flow
        add, multiply, cm = xp.add, xp.multiply, self._cm[:, None]
        synapses, current, conductance = self._synapses, flow[:, 0], flow[:, 1]
        remember = None
        if self.memory is not None:
            self.memory.begin(self.inputs)
            remember, _ = self.memory.stepper(list(self.states))
        for step in range(self.steps):
            if remember is not None:
                remember(step)
            leak, rate_factor, rates = (
                self._leak[:, :, step],
                self._rate_factor[step],
                self._rates[step],
            )
            multiply(cm, self._capacity_factor[step], capacity)
            path = self._path(step)
            for unfold, inverse in enumerate(self._inverses[step]):
                before, after, rate = path[unfold], path[unfold + 1], rates[unfold]
                synapses.forward(before, flow)
                add(flow, leak, flow)
                multiply(before, conductance, rate)
                xp.subtract(current, rate, rate)
                multiply(conductance, rate_factor, inverse)
                add(inverse, capacity, inverse)
                xp.divide(self._one, inverse, inverse)
                multiply(rate, rate_factor, after)
                multiply(after, inverse, after)
                add(after, before, after)

    def _path(self, step: int) -> list[Any]:
        """Return the states that a step goes through, before its first unfold and after each."""
        return [self._starts[step], *self._between[step], self._states[step + 1]]

    def _check_denominators(self) -> None:
        if self.settings.positivity != "NONE":
            return  # a sum of positive numbers
        became_zero = self.xp.isinf(self._inverses).any()
        if self._deferred is not None:
            self._deferred.note(became_zero, self._one)
        elif became_zero.item():
            self._fail_at_zero()

    def _fail_at_zero(self, _: Any = None) -> None:
        self._layer.fail(
            "the denominator cm + span * (gleak + conductances + epsilon) became 0: some of cm, gleak, w "
            "and sensory_w are negative",
            hint="ltc_unit_param { positivity: SOFTPLUS } (or CLIP) prevents that",
        )

    def synapse_map(self) -> SynapseMap | None:
        """Return the synapses with their current weights; None without a wiring."""
        if self.wiring is None:
            return None
        blobs, to_host = self.blobs, self.device.to_host
        sensory, inner = (
            to_host(one.w.used() * one.erev.data).astype(np.float64)
            for one in (blobs.sensory, blobs.synapses)
        )
        return SynapseMap(sensory, inner, self.wiring.groups, "w * erev")

    def time_scales(self) -> TimeScales:
        """Return the neurons' time constants as each step begins, after :meth:`forward` of a batch of one."""
        to_host = self.device.to_host
        constants = to_host(self._cm) * inverse_of(to_host(self._conductances()))
        spans = to_host(self._rate_factor / self._capacity_factor)[:, :1] * self.settings.unfolds
        lengths = np.full(constants.shape, np.inf)
        np.divide(spans, constants, out=lengths, where=constants > 0)
        note = "; a step takes tt + 1" if self.settings.form == "AUTHORS" else ""
        return TimeScales(
            constants,
            "cm / (gleak + conductance of all synapses), the time to shrink the distance to rest by a factor of e"
            + note,
            1.0 - np.exp(-lengths),
            "share of the way to rest in the step",
        )

    def _conductances(self) -> Any:
        """Return the neurons' conductances as each step begins, (steps, size), of the first sample."""
        conductances = self.xp.empty((self.steps, self.state_size), dtype=self.dtype)
        starts = self._starts
        for step in range(self.steps):
            self._synapses.forward(starts[step], self._flow)
            conductances[step] = (self._flow[:, 1] + self._leak[:, 1, step])[:, 0]
        return conductances

    # Backward.

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate ``state_gradients``, what each of ``states[1:]`` gets from above, through time.

        Adds the weights' gradients to the layer's blobs if ``learns``.
        """
        with self._threads():
            self._synapses.start_backward()
            self._sensory.start_backward()
            self._of_cm.fill(0)
            self._state_gradient.fill(0)
            self._run_back(state_gradients.reshape(self.steps, self.state_size, self.batch), learns)
            self._feed_back(learns)
        if learns:
            self._weight_gradients()
            if self.memory is not None:
                self.memory.add_gradients(self.inputs, self.states[:-1])

    def _run_back(self, given: Any, learns: bool) -> None:
        gradient, cm = self._state_gradient, self._cm[:, None]
        back = None
        if self.memory is not None:
            self.memory.begin_backward()
            back = self.memory.back_stepper()
        for step in range(self.steps - 1, -1, -1):
            gradient += given[step]
            self.xp.multiply(cm, self._capacity_factor[step], self._capacity)
            self._leak_sum.fill(0)
            self._of_spans.fill(0)
            path = self._path(step)
            for unfold in range(self.settings.unfolds - 1, -1, -1):
                self._unfold_back(step, unfold, path[unfold], path[unfold + 1], learns)
            self._leak_gradient[:, :, step] = self._leak_sum
            self._time_gradient[step] = self._of_spans.sum(axis=0) * self._capacity_factor[step]
            if back is not None:
                back(step, self.initial_state_gradient)
        self._time_gradient /= self.settings.unfolds

    def _unfold_back(self, step: int, unfold: int, before: Any, after: Any, learns: bool) -> None:
        """Turn the gradient of the state after an unfold into that of the state before it.

        With e = dL/d(after) / D: dL/dflow = b e, dL/dconductance = -b e after, dL/dcm = a e (before - after),
        dL/dbefore = a cm e and what comes through the synapses, dL/dd = a e R (a cm / D).
        """
        multiply, gradient = self.xp.multiply, self._state_gradient
        inverse, scaled, product = self._inverses[step, unfold], self._scaled, self._product
        flow_gradient = self._flow_gradient
        multiply(gradient, inverse, scaled)
        multiply(scaled, self._rate_factor[step], flow_gradient[:, 0])
        multiply(flow_gradient[:, 0], after, flow_gradient[:, 1])
        self.xp.negative(flow_gradient[:, 1], flow_gradient[:, 1])
        self._leak_sum += flow_gradient
        multiply(self._capacity, inverse, product)
        multiply(product, self._rates[step, unfold], product)
        multiply(product, scaled, product)
        self._of_spans += product
        if learns:
            self.xp.subtract(before, after, product)
            multiply(product, scaled, product)
            multiply(product, self._capacity_factor[step], product)
            self._of_cm += product
        multiply(scaled, self._capacity, gradient)
        self._synapses.backward(before, flow_gradient, gradient, learns)

    def _feed_back(self, learns: bool) -> None:
        """Backpropagate the gradients of A and B to the inputs."""
        mapped = self._mapped_gradient
        mapped.fill(0)
        leak_gradient = self._flat(self._leak_gradient)
        self._sensory.backward(self._flat(self._mapped), leak_gradient, self._flat(mapped), learns)

    def _weight_gradients(self) -> None:
        blobs = self.blobs
        totals = self._flat(self._leak_gradient).sum(axis=2)
        self._synapses.add_weight_gradients(totals)
        self._sensory.add_weight_gradients(totals)
        blobs.gleak.add_gradient(totals[:, 0] * blobs.vleak.data + totals[:, 1])
        diff = blobs.vleak.diff
        diff += totals[:, 0] * self._gleak
        blobs.cm.add_gradient(self._of_cm.sum(axis=1))
        mapped, inputs = self._mapped_gradient, self._inputs.transpose(1, 0, 2)
        diff = blobs.input_w.diff
        diff += (mapped * inputs).sum(axis=2).sum(axis=1)
        diff = blobs.input_b.diff
        diff += mapped.sum(axis=2).sum(axis=1)

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]), (state_size, batch), after :meth:`backward`."""
        return self._as_seen(self._state_gradient)

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""
        weights = self.blobs.input_w.data[:, None]
        self.xp.multiply(
            self._mapped_gradient.transpose(1, 0, 2), weights, out=self._input_gradients
        )
        total = self._as_seen(self._input_gradients)
        if self.memory is not None:
            total += self.memory.input_gradients()
        return total

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`."""
        return self._time_gradient
