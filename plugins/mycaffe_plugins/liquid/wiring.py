"""Wirings: the synapses between the neurons of a liquid cell, and their signs.

Neural circuit policies (Lechner et al., "Neural circuit policies enabling auditable autonomy", 2020) have
four groups: sensory neurons, the inputs; inter neurons; command neurons, with synapses among themselves; and
motor neurons, the output. The random choices are drawn in the same order and from the same
generators as in the ncps library, so that the same settings and seed give the same synapses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.layer import Layer

from .wiring_settings import MOST_INPUTS, WiringSettings, read_wiring_settings

# Two of three synapses are excitatory, in all wirings except neural circuit policies.
_MOSTLY_POSITIVE = (-1, 1, 1)
_EITHER = (-1, 1)


@dataclass(frozen=True)
class Wiring:
    """The synapses of a cell, with neurons in the order of the ncps library: motor, command, then inter neurons."""

    motor_count: int
    """Number of motor neurons, which are the first ones."""
    adjacency: np.ndarray
    """(units, units) int32, by source and target neuron: 1 or -1, or 0 without a synapse."""
    sensory_adjacency: np.ndarray
    """(columns, units) int32: the same, from the inputs."""
    layers: tuple[np.ndarray, ...]
    """The neurons of each layer, in the order in which an input passes through them."""
    groups: tuple[str, ...]
    """What each neuron is: "motor", "command" or "inter"."""

    @property
    def units(self) -> int:
        """Number of neurons, excluding the sensory ones."""
        return len(self.adjacency)

    @property
    def mask(self) -> np.ndarray:
        """(units, units) float64: 1 where there is a synapse."""
        return np.abs(self.adjacency).astype(np.float64)

    @property
    def sensory_mask(self) -> np.ndarray:
        """(columns, units) float64: 1 where an input has a synapse."""
        return np.abs(self.sensory_adjacency).astype(np.float64)

    def layer_mask(self, index: int) -> np.ndarray:
        """Return the mask of a layer as a separate cell, (its neurons, its inputs + its neurons).

        Its inputs are the neurons of the previous layer, or the sensory ones. Within a layer, every neuron
        reaches every neuron, as in the ncps library, regardless of ``adjacency``.
        """
        neurons = self.layers[index]
        source = self.mask[self.layers[index - 1]] if index else self.sensory_mask
        source = source[:, neurons]
        return np.concatenate([source.T, np.ones((len(neurons), len(neurons)))], axis=1)


def read_wiring(
    layer: Layer, columns: int, hidden_size: int, hidden_field: str = "cfc_param.hidden_size"
) -> Wiring:
    """Return the wiring of ``wiring_param`` for a cell of ``columns`` inputs; fail, naming an invalid setting.

    ``hidden_size`` is the value of the layer's ``hidden_field``, 0 if it is not given.
    """
    settings = read_wiring_settings(layer, hidden_size, hidden_field)
    if columns < 1:
        layer.fail("a wiring needs at least 1 input, got 0", field="wiring_param")
    if columns > MOST_INPUTS:
        message = f"a wiring has at most {MOST_INPUTS:,} inputs, got {columns}"
        layer.fail(message, field="wiring_param")
    wiring = _BUILDERS[settings.type](settings, columns)
    if not wiring.sensory_adjacency.any():
        layer.fail(
            f"sparsity_level {settings.sparsity_level:g} leaves no synapse of {columns} inputs to "
            f"{settings.units} neurons",
            field="wiring_param.sparsity_level",
            hint="lower it, or raise hidden_size",
        )
    return wiring


# One layer of neurons.


def _fully_connected(settings: WiringSettings, columns: int) -> Wiring:
    random, units = np.random.default_rng(settings.seed), settings.units
    adjacency = np.zeros((units, units), dtype=np.int32)
    wanted = np.ones((units, units), dtype=bool)
    if not settings.self_connections:
        np.fill_diagonal(wanted, False)
    adjacency[wanted] = random.choice(_MOSTLY_POSITIVE, size=int(wanted.sum()))
    return _one_layer(settings, adjacency, random.choice(_MOSTLY_POSITIVE, size=(columns, units)))


def _random(settings: WiringSettings, columns: int) -> Wiring:
    random, units = np.random.default_rng(settings.seed), settings.units

    def some(rows: int, draws: int) -> np.ndarray:
        count = int(np.round(rows * units * (1 - settings.sparsity_level)))
        chosen = random.choice(rows * units, size=count, replace=False)
        signs = random.choice(_MOSTLY_POSITIVE, size=(count, draws))
        adjacency = np.zeros(rows * units, dtype=np.int32)
        adjacency[chosen] = signs[:, -1]
        return adjacency.reshape(rows, units)

    # The library draws the sign of a sensory synapse twice; the second draw counts.
    return _one_layer(settings, some(units, 1), some(columns, 2))


def _one_layer(settings: WiringSettings, adjacency: Any, sensory: Any) -> Wiring:
    units, motors = settings.units, settings.motor_neurons
    groups = ("motor",) * motors + ("inter",) * (units - motors)
    return Wiring(motors, adjacency, sensory.astype(np.int32), (np.arange(units),), groups)


# Neural circuit policies.


def _neural_circuit_policy(settings: WiringSettings, columns: int) -> Wiring:
    random, units = np.random.RandomState(settings.seed), settings.units
    counts = (settings.motor_neurons, settings.command_neurons, settings.inter_neurons)
    motor, command, inter = np.split(np.arange(units), np.cumsum(counts)[:-1])
    inputs = np.arange(columns)
    adjacency = np.zeros((units, units), dtype=np.int32)
    sensory = np.zeros((columns, units), dtype=np.int32)
    _connect(random, sensory, inputs, inter, settings.sensory_fanout, max_count=columns)
    _connect(random, adjacency, inter, command, settings.inter_fanout, max_count=len(command))
    for _ in range(settings.recurrent_command_synapses):
        source, target = random.choice(command), random.choice(command)
        adjacency[source, target] = random.choice(_EITHER)
    # Seen from the motor neurons: each has so many synapses from command neurons.
    _connect(random, adjacency.T, motor, command, settings.motor_fanin, max_count=len(motor))
    groups = ("motor",) * len(motor) + ("command",) * len(command) + ("inter",) * len(inter)
    return Wiring(len(motor), adjacency, sensory, (inter, command, motor), groups)


def _connect(
    random: np.random.RandomState, matrix: Any, near: Any, far: Any, count: int, max_count: int
) -> None:
    """Join each neuron of ``near`` to ``count`` random ones of ``far``, in ``matrix`` [near, far].

    Those of ``far`` that were not chosen are then joined to the mean number of ``near``, 1 to ``max_count``.
    """
    missed = set(far.tolist())
    for neuron in near:
        chosen = random.choice(far, size=count, replace=False)
        matrix[neuron, chosen] = random.choice(_EITHER, size=count)
        missed.difference_update(chosen.tolist())
    mean = min(max(len(near) * count // len(far), 1), max_count)
    for neuron in sorted(missed):
        chosen = random.choice(near, size=mean, replace=False)
        matrix[chosen, neuron] = random.choice(_EITHER, size=mean)


_BUILDERS = {
    "FULLY_CONNECTED": _fully_connected,
    "RANDOM": _random,
    "NCP": _neural_circuit_policy,
    "AUTO_NCP": _neural_circuit_policy,
}
