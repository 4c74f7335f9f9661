"""Cases of the forks' activations and normalisations for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

LayerCase = tuple[str, list[Any], dict[str, Any]]

_SHAPE = (3, 4)
_FOUR_AXES = (2, 3, 2, 2)
_SPREAD = [[-60.0, -2.0, -0.3, 7.0], [0.4, 5.9, 60.0, -3.5]]


def _norm(settings: str) -> str:
    return f"layer_norm_param {{ {settings} }}"


LAYERS: dict[str, list[LayerCase]] = {
    "CReLU": [
        ("", [_FOUR_AXES], {}),
        ("crelu_param { negative_slope: 0.1 }", [_SHAPE], {}),
        ("crelu_param { concat_axis: 0 }", [_SHAPE], {"batch_axis": None}),
        ("crelu_param { concat_axis: -1 negative_slope: -0.5 }", [_FOUR_AXES], {}),
        ("", [(2, 0)], {}),
    ],
    "HardSigmoid": [
        ("hard_sigmoid_param { alpha: 0.5 beta: 0.3 }", [_SHAPE], {}),
        ("hard_sigmoid_param { alpha: -0.7 }", [_FOUR_AXES], {}),
        ("hard_sigmoid_param { beta: 0.9 }", [_SPREAD], {}),
    ],
    "HSigmoid": [("", [_SHAPE], {}), ("", [_SPREAD], {})],
    "HSwish": [("", [_SHAPE], {}), ("", [_SPREAD], {}), ("", [_FOUR_AXES], {})],
    "LayerNorm": [
        ("", [_SHAPE], {}),
        ("", [(2, 3, 4)], {}),
        (_norm("epsilon: 0.5"), [_FOUR_AXES], {}),
        (_norm("axis: 1"), [_FOUR_AXES], {}),
        (_norm("eps: 0.01"), [(2, 3, 4)], {}),
        (_norm("elementwise_affine: true axis: -1"), [(2, 3, 4)], {}),
        (_norm("elementwise_affine: true"), [_SHAPE], {"propagate_down": [False]}),
        (_norm("elementwise_affine: false axis: 0"), [_SHAPE], {"batch_axis": None}),
        (_norm("enable_passthrough: true"), [_SHAPE], {}),
        ("", [(0, 3, 4)], {"batch_axis": None}),
    ],
    "ReLU6": [
        ("", [_SHAPE], {}),
        ("", [_SPREAD], {}),
        ("relu6_param { n: 0.5 }", [_FOUR_AXES], {}),
        ("relu6_param { negative_slope: 0.25 }", [_SPREAD], {}),
        ("relu6_param { negative_slope: -0.5 n: 1 }", [_SHAPE], {}),
    ],
    "SeLU": [
        ("", [_SHAPE], {}),
        ("", [_SPREAD], {}),
        ("selu_param { lambda: 2 alpha: -0.5 }", [_SHAPE], {}),
        ("selu_param { lambda: -1.5 alpha: 0.7 }", [_FOUR_AXES], {}),
    ],
}
