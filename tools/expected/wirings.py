"""Expected synapses of wirings, from the ncps library (1.0.1; its wirings need NumPy only).

Writes ``tests/data/wirings.npz``: for each case the settings, the numbers of inputs and neurons, and the
adjacency matrices, with the sign of each synapse. ``tests/plugins/liquid/test_wiring.py`` reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ncps.wirings import NCP, AutoNCP, FullyConnected, Random, Wiring

PATH = Path(__file__).parents[2] / "tests" / "data" / "wirings.npz"
ARRAYS: dict[str, Any] = {}


def record(name: str, settings: str, wiring: Wiring, columns: int, hidden_size: int = 0) -> None:
    """Enter one case; ``hidden_size`` 0 where the settings themselves say how many neurons there are."""
    wiring.build(columns)
    ARRAYS[f"{name}/settings"] = np.array(settings)
    ARRAYS[f"{name}/sizes"] = np.array([columns, hidden_size])
    ARRAYS[f"{name}/adjacency"] = wiring.adjacency_matrix.astype(np.int8)
    ARRAYS[f"{name}/sensory_adjacency"] = wiring.sensory_adjacency_matrix.astype(np.int8)
    layers = [wiring.get_neurons_of_layer(layer) for layer in range(wiring.num_layers)]
    ARRAYS[f"{name}/layers"] = np.array([neuron for layer in layers for neuron in layer])
    ARRAYS[f"{name}/layer_sizes"] = np.array([len(layer) for layer in layers])
    types = [wiring.get_type_of_neuron(neuron) for neuron in range(wiring.units)]
    ARRAYS[f"{name}/groups"] = np.array(types)


record("full", "type: FULLY_CONNECTED", FullyConnected(6), 4, 6)
record(
    "full_motor",
    "type: FULLY_CONNECTED motor_neurons: 2 seed: 7 self_connections: false",
    FullyConnected(7, 2, erev_init_seed=7, self_connections=False),
    3,
    7,
)
record("random_dense", "type: RANDOM sparsity_level: 0", Random(5), 3, 5)
record("random", "type: RANDOM motor_neurons: 3", Random(9, 3, sparsity_level=0.5), 4, 9)
record(
    "random_sparse",
    "type: RANDOM motor_neurons: 4 sparsity_level: 0.83 seed: 4294967295",
    Random(12, 4, sparsity_level=0.83, random_seed=4294967295),
    5,
    12,
)
record("auto", "motor_neurons: 2", AutoNCP(10, 2), 4, 10)
record("auto_smallest", "motor_neurons: 1 seed: 0", AutoNCP(4, 1, seed=0), 1, 4)
record(
    "auto_dense",
    "type: AUTO_NCP motor_neurons: 5 sparsity_level: 0.1 seed: 3",
    AutoNCP(32, 5, sparsity_level=0.1, seed=3),
    3,
    32,
)
record(
    "auto_sparse",
    "motor_neurons: 6 sparsity_level: 0.9",
    AutoNCP(40, 6, sparsity_level=0.9),
    12,
    40,
)
record(
    "ncp",
    "type: NCP inter_neurons: 12 command_neurons: 8 motor_neurons: 3 sensory_fanout: 4 "
    "inter_fanout: 2 recurrent_command_synapses: 6 motor_fanin: 4",
    NCP(12, 8, 3, 4, 2, 6, 4),
    5,
)
record(
    "ncp_few_commands",
    "type: NCP inter_neurons: 20 command_neurons: 3 motor_neurons: 8 sensory_fanout: 1 "
    "inter_fanout: 1 recurrent_command_synapses: 20 motor_fanin: 1 seed: 11",
    NCP(20, 3, 8, 1, 1, 20, 1, seed=11),
    2,
)
record(
    "ncp_without_fanouts",
    "type: NCP inter_neurons: 3 command_neurons: 2 motor_neurons: 2 sensory_fanout: 0 "
    "inter_fanout: 0 recurrent_command_synapses: 0 motor_fanin: 0 seed: 5",
    NCP(3, 2, 2, 0, 0, 0, 0, seed=5),
    2,
)

np.savez_compressed(PATH, **ARRAYS)
print(f"{PATH.name}: {len({key.partition('/')[0] for key in ARRAYS})} cases")
