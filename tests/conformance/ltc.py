"""Cases of LTC cells for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

_SPAN = [[0.3], [0.8]]
_TIMES = [[0.3, 0.5, 0.1], [0.4, 9.0, 0.7]]
_MASK = [[[1, 0], [0, 0], [1, 1]], [[1, 1], [0, 1], [0, 0]]]
_WIRING = "wiring_param { type: RANDOM sparsity_level: 0.4 motor_neurons: 2 }"
# Far from 0, where the positivity CLIP has its bend.
_HIGH = (
    "w_init_min: 0.7 sensory_w_init_min: 0.7 gleak_init_min: 0.7 cm_init_min: 0.8 cm_init_max: 1"
)


def _unit(settings: str = "", more: str = "") -> str:
    return f"ltc_unit_param {{ hidden_size: 3 ode_unfolds: 3 {settings} }} {more}"


def _cfc(settings: str = "", more: str = "output_features: 2", wiring: str = "") -> str:
    return f"cfc_param {{ cell_type: LTC {more} }} {_unit(settings, wiring)}"


_STATES = "initial_state: true return_sequences: true"
_ONE_STEP = [(2, 2), (2, 3), _SPAN]
_SEQUENCE = [(2, 3, 2), _TIMES]

LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "LTC_UNIT": [
        (_unit(), _ONE_STEP, {}),
        (_unit(), [(1, 4), (1, 3), [0.4]], {}),
        (_unit(), [(2, 0), (2, 3), _SPAN], {}),
        (_unit("positivity: SOFTPLUS epsilon: 0.1"), _ONE_STEP, {}),
        (_unit(f"positivity: CLIP {_HIGH}"), _ONE_STEP, {}),
        (_unit("form: NCPS", 'top: "h" top: "y"'), [(2, 2), (2, 3), [0.3, 2.5]], {}),
        (_unit("form: NCPS", f'top: "h" top: "y" {_WIRING}'), _ONE_STEP, {}),
        (_unit("", _WIRING), _ONE_STEP, {"propagate_down": [False, True, False]}),
    ],
}

CFC: list[tuple[str, list[Any], dict[str, Any]]] = [
    (_cfc(), _SEQUENCE, {}),
    (_cfc("positivity: SOFTPLUS"), [*_SEQUENCE, _MASK], {}),
    (_cfc("form: NCPS"), [*_SEQUENCE, _MASK], {}),
    (_cfc("form: NCPS", "return_sequences: true", _WIRING), [(1, 3, 2), _TIMES[:1]], {}),
    (_cfc("form: NCPS", "output_features: 1", _WIRING), [*_SEQUENCE, _MASK], {}),
    (_cfc("", "", _WIRING), _SEQUENCE, {"propagate_down": [False, True]}),
    (
        _cfc("", f"{_STATES} output_features: 2", 'top: "y" top: "h"'),
        [*_SEQUENCE, _MASK, (2, 3)],
        {},
    ),
    (
        _cfc("", f"{_STATES} output_features: 2 use_mixed: true", 'top: "y" top: "h"'),
        [*_SEQUENCE, (2, 6)],
        {},
    ),
    (_cfc("form: NCPS", "use_mixed: true", _WIRING), [(1, 3, 2), _TIMES[:1], _MASK[:1]], {}),
]
