"""Cases of the liquid layers for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

_TIMES = [[0.3, 0.5, 0.2, 0.9], [0.4, 0.1, 0.7, 0.6]]
_GROWING = [[-1.0, -0.5, 0.2, 0.9], [10.4, 10.6, 11.7, 11.9]]
_MASK = [
    [[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]],
    [[1, 1, 1], [0, 1, 0], [0, 0, 1], [0, 0, 0]],
]
_SPAN = [[0.3], [0.8]]


def _cfc(layer: str = "", unit: str = "", more: str = "") -> str:
    sizes = "hidden_size: 3 output_features: 2"
    return f"cfc_param {{ {sizes} {layer} }} cfc_unit_param {{ backbone_units: 4 {unit} }} {more}"


def _bare(layer: str = "", unit: str = "") -> str:
    """Return the settings of a cell without a backbone."""
    sizes = "hidden_size: 3 output_features: 2"
    return f"cfc_param {{ {sizes} {layer} }} cfc_unit_param {{ backbone_layers: 0 {unit} }}"


def _cfc_unit(settings: str = "") -> str:
    return f"cfc_unit_param {{ hidden_size: 3 backbone_units: 4 {settings} }}"


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "CFC": [
        (_cfc(), [(2, 4, 3), _TIMES], {}),
        (_cfc(unit="backbone_activation: GELU no_gate: true"), [(2, 4), _TIMES], {}),
        (_cfc("input_features: 9", "backbone_layers: 2"), [(2, 4, 3), _TIMES, _MASK], {}),
        (_cfc("input_features: 6"), [(2, 4, 3), _TIMES, _MASK], {}),
        (_cfc(unit="backbone_layers: 2 backbone_dropout_ratio: 0.3"), [(2, 4, 3), _TIMES], {}),
        (_cfc(unit="minimal: true"), [(2, 4, 3), _TIMES], {}),
        (_cfc(unit="minimal: true"), [(1, 4, 3), _TIMES[:1], _MASK[:1]], {}),
        (_cfc("return_sequences: true"), [(2, 4, 3), _TIMES, _MASK], {}),
        (_cfc("return_sequences: true"), [(1, 4), _TIMES[:1]], {}),
        (_cfc("initial_state: true", more='top: "y" top: "h"'), [(2, 4, 3), _TIMES, (2, 3)], {}),
        (
            _cfc("initial_state: true return_sequences: true", more='top: "y" top: "h"'),
            [(1, 4, 3), _TIMES[:1], _MASK[:1], (1, 3)],
            {},
        ),
        (_cfc("initial_state: true"), [(2, 4, 3), _TIMES, _MASK, (2, 3)], {}),
        (_cfc("use_mixed: true"), [(2, 4, 3), _TIMES, _MASK], {}),
        (
            _cfc(
                "use_mixed: true initial_state: true return_sequences: true",
                "no_gate: true",
                'top: "y" top: "h"',
            ),
            [(2, 4, 3), _TIMES, (2, 6)],
            {},
        ),
        (
            _cfc("use_mixed: true initial_state: true", "minimal: true", 'top: "y" top: "h"'),
            [(1, 4), _TIMES[:1], (1, 6)],
            {},
        ),
        (_bare("return_sequences: true"), [(2, 4, 3), _TIMES, _MASK], {}),
        (_bare(unit="no_gate: true"), [(1, 4), _TIMES[:1]], {}),
        (_bare("use_mixed: true", "minimal: true"), [(2, 4, 3), _TIMES], {}),
        (_cfc("time: SPANS"), [(2, 4, 3), _TIMES], {}),
        (_cfc("time: ABSOLUTE first_span: 0.4"), [(2, 4, 3), _GROWING], {}),
        (_cfc("time: ABSOLUTE return_sequences: true"), [(2, 4, 3), _GROWING, _MASK], {}),
        (
            _cfc(),
            [(2, 4, 3), _TIMES, _MASK],
            {"propagate_down": [False, True, False]},
        ),
    ],
    "CFC_UNIT": [
        (_cfc_unit(f"backbone_activation: {name}"), [(2, 3), (2, 3), _SPAN], {})
        for name in ("SILU", "RELU", "TANH", "GELU", "LECUN")
    ]
    + [
        (_cfc_unit(), [(2, 0), (2, 3), _SPAN], {}),
        (_cfc_unit("minimal: true"), [(2, 3), (2, 3), _SPAN], {}),
        ("cfc_unit_param { hidden_size: 3 backbone_layers: 0 }", [(2, 3), (2, 3), _SPAN], {}),
    ],
}
