"""Cases of wired CfC cells for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

_TIMES = [[0.3, 0.5, 0.2], [0.4, 0.1, 0.7]]
_MASK = [[[1, 0], [0, 0], [1, 1]], [[1, 1], [0, 1], [0, 0]]]
_SPAN = [[0.3], [0.8]]
_POLICY = (
    "type: NCP inter_neurons: 3 command_neurons: 2 motor_neurons: 1 sensory_fanout: 2 inter_fanout: 1 "
    "recurrent_command_synapses: 2 motor_fanin: 1"
)

_FOUR = "hidden_size: 4"
_STATES = 'top: "y" top: "h"'
_SEQUENCES = "initial_state: true return_sequences: true"


def _wired(wiring: str, layer: str = "", unit: str = "") -> str:
    return f"{layer} cfc_unit_param {{ {unit} }} wiring_param {{ {wiring} }}"


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "CFC": [
        (_wired("motor_neurons: 2", "cfc_param { hidden_size: 6 }"), [(2, 3, 2), _TIMES], {}),
        (_wired(_POLICY, "cfc_param { output_features: 2 }"), [(2, 3, 2), _TIMES, _MASK], {}),
        (_wired(_POLICY, unit="no_gate: true"), [(2, 3), _TIMES], {}),
        (_wired(_POLICY, unit="minimal: true"), [(2, 3, 2), _TIMES], {}),
        (
            _wired(_POLICY, f"{_STATES} cfc_param {{ {_SEQUENCES} output_features: 2 }}"),
            [(2, 3, 2), _TIMES, (2, 6)],
            {},
        ),
        (
            _wired("type: FULLY_CONNECTED motor_neurons: 2", unit=_FOUR),
            [(2, 3, 2), _TIMES],
            {},
        ),
        (
            _wired(
                "type: RANDOM motor_neurons: 2", f"{_STATES} cfc_param {{ {_SEQUENCES} }}", _FOUR
            ),
            [(1, 3, 2), _TIMES[:1], _MASK[:1], (1, 4)],
            {},
        ),
    ],
    "CFC_UNIT": [
        (_wired(_POLICY), [(2, 2), (2, 6), _SPAN], {}),
        (_wired("type: RANDOM", unit=_FOUR), [(1, 2), (1, 4), [0.4]], {}),
        (_wired(_POLICY, unit="minimal: true"), [(2, 2), (2, 6), _SPAN], {}),
    ],
}
