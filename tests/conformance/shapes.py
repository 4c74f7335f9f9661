"""Cases of the layers that move or shape data for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

_X = (2, 3, 4)
_NO_GRADIENT = {"skip_backward": True}
_ONE_SIZE = {"batch_axis": None}


def _sum(settings: str = "") -> str:
    return f"eltwise_param {{ {settings} }}"


def _reshape(settings: str) -> str:
    return f"reshape_param {{ {settings} }}"


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "ArgMax": [
        ("", [(3, 5)], _NO_GRADIENT),
        ("argmax_param { out_max_val: true top_k: 3 }", [(3, 2, 4)], _NO_GRADIENT),
        ("argmax_param { axis: 1 top_k: 2 }", [(3, 4, 2)], _NO_GRADIENT),
        ("argmax_param { axis: -1 out_max_val: true }", [(3, 4, 2, 2)], _NO_GRADIENT),
        ("argmax_param { operation: MIN }", [(3, 5)], _NO_GRADIENT),
        ("argmax_param { operation: MIN axis: 0 top_k: 2 }", [(3, 5)], _NO_GRADIENT),
        ("", [(0, 5)], _NO_GRADIENT | _ONE_SIZE),
    ],
    "BatchReindex": [
        ("", [(4, 3), [2, 0, 2, 2, 3]], {"batch_axis": 1}),
        ("", [(3, 2, 2), [1]], {"batch_axis": 1}),
        ("", [(3, 2), []], {"batch_axis": 1}),
    ],
    "Crop": [
        ("", [(2, 2, 5, 4), (3, 1, 3, 2)], {}),
        ("crop_param { offset: 1 }", [(2, 2, 5, 4), (2, 2, 3, 2)], {}),
        ("crop_param { axis: 1 offset: 1 offset: 0 }", [(2, 4, 3), (2, 2, 3)], {}),
        ("crop_param { axis: -1 offset: 2 }", [(2, 4), (2, 2)], {}),
        ("crop_param { axis: 0 }", [(3, 4), (2, 2)], {"batch_axis": 1}),
        ("", [(2, 1, 3, 3), (2, 1, 2, 2)], {"propagate_down": [True, False]}),
    ],
    "Eltwise": [
        ("", [_X, _X], {}),
        ("", [_X, _X, _X], {}),
        (_sum("coeff: -1 coeff: 0.5"), [_X, _X], {}),
        (_sum("coeff: 1 coeff: 1 coeff: -2"), [_X, _X, _X], {}),
        (_sum("operation: PROD"), [_X, _X], {}),
        (_sum("operation: PROD"), [_X, _X, _X], {"propagate_down": [True, False, True]}),
        (_sum("operation: PROD stable_prod_grad: false"), [_X, _X, _X], {"tolerance": 1e-5}),
        (_sum("operation: MAX"), [_X, _X], {}),
        (_sum("operation: MAX"), [_X, _X, _X, _X], {}),
        ("", [(), ()], _ONE_SIZE),
    ],
    "Filter": [
        ("", [_X, [0, 1]], {}),
        ('top: "a" top: "b"', [(4, 3), (4, 2, 2), [[1], [0], [2], [-1]]], {}),
        ("", [(3, 2), [0, 0, 0]], {}),
        ("", [(3, 2), [1, 1, 1]], {}),
        ('top: "a" top: "b"', [(2, 3), (2,), [1, 0]], {"propagate_down": [False, True, False]}),
    ],
    "Flatten": [
        ("", [(2, 3, 2, 2)], {}),
        ("flatten_param { axis: 2 }", [(2, 3, 2, 2)], {}),
        ("flatten_param { axis: -3 end_axis: -2 }", [(2, 3, 2, 2)], {}),
        ("flatten_param { axis: 0 }", [(2, 3)], {}),
        ("", [(2, 3)], {}),
        ("", [(0, 3, 2)], _ONE_SIZE),
    ],
    "Gather": [
        ("", [(4, 3), [[2, 0], [2, 2]]], {"batch_axis": 1}),
        ("gather_param { axis: -2 }", [_X, [1, 1, 0]], _ONE_SIZE),
        ("gather_param { axis: 2 }", [_X, 3.0], _ONE_SIZE),
    ],
    "Reduction": [
        (f"reduction_param {{ operation: {operation} {settings} }}", [_X], {})
        for operation in ("SUM", "ASUM", "SUMSQ", "MEAN")
        for settings in ("", "axis: 1", "axis: -1 coeff: -1.5")
    ],
    "Reshape": [
        (_reshape("shape { dim: 0 dim: -1 }"), [_X], {}),
        (_reshape("shape { dim: -1 dim: 2 }"), [_X], {}),
        (_reshape("shape { dim: 2 dim: 2 } axis: 2 num_axes: 1"), [_X], {}),
        (_reshape("shape { dim: 1 } axis: -1 num_axes: 0"), [_X], {}),
        (_reshape("shape { dim: 0 dim: -1 }"), [(0, 3, 2)], _ONE_SIZE),
        (_reshape(""), [(1, 1)], _ONE_SIZE),
    ],
    "Squeeze": [
        ("", [(2, 1, 3, 1)], {}),
        ("squeeze_param { axes: -1 }", [(2, 1, 3, 1)], {}),
    ],
    "Reverse": [
        ("", [(2, 3, 4)], {}),
        ("reverse_param { axis: 0 }", [(3, 2)], {"batch_axis": 1}),
        ("reverse_param { axis: -1 keep_first: true }", [(2, 2, 4)], {}),
        ("", [(3, 4, 2), [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]]], {}),
        ("reverse_param { keep_first: true }", [(2, 4), [[1, 1, 1, 0], [1, 0, 0, 0]]], {}),
    ],
    "Tile": [
        ("tile_param { tiles: 3 }", [_X], {}),
        ("tile_param { tiles: 2 axis: 0 }", [(2, 3)], {}),
        ("tile_param { tiles: 2 axis: -1 }", [_X], {}),
        ("tile_param { tiles: 1 }", [(2, 3)], {}),
        ("tile_param { tiles: 2 }", [(0, 3)], _ONE_SIZE),
    ],
    "Transpose": [
        ("transpose_param { dim: [1, 2, 0] }", [_X], {}),
        ("transpose_param { dim: [0, -1, 1] }", [_X], {}),
    ],
    "Unsqueeze": [("squeeze_param { axes: [0, -1] }", [(2, 3)], {})],
}
