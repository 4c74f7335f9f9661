"""SynapseMap: the synapses of a cell with a wiring, as numbers for a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .wiring import Wiring

_COLUMNS = ("inter", "command", "motor")


@dataclass(frozen=True)
class SynapseMap:
    """Strengths of synapses, with neurons in the order of the cell's state: positive if excitatory, 0 for none."""

    sensory: np.ndarray
    """(columns, neurons): strengths from the inputs."""
    inner: np.ndarray
    """(neurons, neurons): strengths, by source and target neuron."""
    groups: tuple[str, ...]
    """What each neuron is: "motor", "command" or "inter"."""
    meaning: str
    """The meaning of the strengths, for a label."""
    dense_layers: tuple[int, ...] = ()
    """The layer of each neuron, if each has synapses to all of its own layer regardless of the wiring."""

    def columns(self) -> list[tuple[str, np.ndarray]]:
        """Return the non-empty groups with their neurons, in signal order."""
        groups = np.array(self.groups)
        found = [(name, np.flatnonzero(groups == name)) for name in _COLUMNS]
        return [(name, neurons) for name, neurons in found if neurons.size]


def layered_map(wiring: Wiring, matrices: list[np.ndarray], meaning: str) -> SynapseMap:
    """Return the map of cells of one layer each, whose states are concatenated.

    ``matrices`` hold the weights of each layer, (its neurons, its inputs + its neurons).
    """
    sensory = np.zeros(wiring.sensory_adjacency.shape)
    inner = np.zeros((wiring.units, wiring.units))
    start = before = 0
    for index, (matrix, neurons) in enumerate(zip(matrices, wiring.layers, strict=True)):
        own = slice(start, start + len(neurons))
        inputs = matrix.shape[1] - len(neurons)
        if index:
            inner[before:start, own] = matrix[:, :inputs].T
        else:
            sensory[:, own] = matrix[:, :inputs].T
        inner[own, own] = matrix[:, inputs:].T
        before, start = start, own.stop
    order = np.concatenate(wiring.layers)
    groups = tuple(wiring.groups[neuron] for neuron in order)
    layers = tuple(index for index, neurons in enumerate(wiring.layers) for _ in neurons)
    return SynapseMap(sensory, inner, groups, meaning, layers)
