"""Cases of the normalisation and affine layers for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import TEST

_IMAGES = (3, 2, 2, 3)
_SEEN = "".join(
    f"blobs {{ shape {{ dim: {len(values)} }} data: {values} }} "
    for values in ([1.5, -0.5], [2.0, 3.5], [2.5])
)
_RANDOM = 'filler { type: "gaussian" }'
_LEARNED = 'scale_bias: true scale_filler { type: "gaussian" } bias_filler { type: "gaussian" }'


_STATISTICS = "".join(
    f"blobs {{ shape {{ dim: 3 }} data: {values} }} "
    for values in ([0.5, -1.0, 2.0], [2.0, 0.5, 3.0])
)
_OBSERVED = [
    [[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]],
    [[1, 0, 1], [0, 0, 0], [0, 0, 1], [0, 0, 0]],
]
_LEVEL_TOO = 'top: "y" top: "level"'


def _standardize(settings: str = "") -> str:
    return f"{_STATISTICS} standardize_param {{ {settings} }}"


def _batch_norm(settings: str) -> str:
    return f"batch_norm_param {{ {settings} }}"


def _scale(settings: str = "") -> str:
    return f'scale_param {{ {_RANDOM} bias_filler {{ type: "gaussian" }} {settings} }}'


def _bias(settings: str = "") -> str:
    return f"bias_param {{ {_RANDOM} {settings} }}"


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "BatchNorm": [
        ("", [_IMAGES], {}),
        ("", [(4, 3)], {}),
        (_batch_norm("engine: CAFFE"), [(5,)], {}),
        (_batch_norm("eps: 0.1 moving_average_fraction: 0.5"), [_IMAGES], {}),
        (_SEEN, [_IMAGES], {"phase": TEST}),
        (_SEEN + _batch_norm("use_global_stats: true"), [(3, 2)], {}),
        (_batch_norm("use_global_stats: false"), [(4, 2)], {"phase": TEST}),
        (_batch_norm("use_global_stats: true"), [(4, 2)], {}),
        (_batch_norm(_LEARNED), [_IMAGES], {}),
        (_SEEN + _batch_norm(_LEARNED), [_IMAGES], {"phase": TEST}),
        ("", [(0, 2, 3)], {"batch_axis": None}),
        ("", [(1, 2)], {"batch_axis": None}),
    ],
    "Bias": [
        (_bias(), [_IMAGES], {}),
        (_bias("axis: 1 num_axes: 2"), [_IMAGES], {}),
        (_bias("axis: -2 num_axes: -1"), [_IMAGES], {}),
        (_bias("num_axes: 0"), [(3, 4)], {}),
        ("", [_IMAGES, (2, 2)], {"batch_axis": None}),
        ("bias_param { axis: 0 }", [(3, 4), (3, 4)], {}),
        ("", [(3, 4), ()], {}),
        ("", [(3, 4), (4,)], {"propagate_down": [False, True], "batch_axis": None}),
    ],
    "MVN": [
        ("", [_IMAGES], {}),
        ("mvn_param { across_channels: true }", [_IMAGES], {}),
        ("mvn_param { normalize_variance: false }", [_IMAGES], {}),
        ("mvn_param { normalize_variance: false across_channels: true }", [(3, 4)], {}),
        ("mvn_param { eps: 0.5 }", [(2, 2, 4)], {}),
        ("", [(2, 2, 2, 3, 2)], {}),
        ("", [(0, 2, 4)], {"batch_axis": None}),
    ],
    "Scale": [
        (_scale(), [_IMAGES], {}),
        (_scale("bias_term: true"), [_IMAGES], {}),
        (_scale("axis: 1 num_axes: 2 bias_term: true"), [_IMAGES], {}),
        (_scale("axis: -2 num_axes: -1"), [_IMAGES], {}),
        (_scale("num_axes: 0 bias_term: true"), [(3, 4)], {}),
        (_scale(), [(3, 4)], {"propagate_down": [False]}),
        (_scale(), [_IMAGES, (2, 2)], {"batch_axis": None}),
        (_scale("axis: 0"), [(3, 4), (3,)], {}),
        (_scale("axis: 0"), [(3, 4), (3, 4)], {"propagate_down": [False, True]}),
        (_scale("bias_term: true"), [_IMAGES, (2, 2, 3)], {"batch_axis": None}),
        (_scale("bias_term: true"), [(3, 4), ()], {}),
    ],
    "Standardize": [
        ("", [(2, 3)], {}),
        (_standardize(), [(2, 4, 3)], {}),
        (_standardize(), [(2, 4, 3), _OBSERVED], {}),
        (_standardize("columns: 3"), [(2, 4, 2), [[[1], [0], [1], [1]]] * 2], {}),
        (_standardize("columns: 3"), [(2, 2, 5)], {}),
        (_standardize("inverse: true columns: 3"), [(2, 2)], {}),
        (_LEVEL_TOO + _standardize("relative_columns: 2"), [(2, 4, 3), _OBSERVED], {}),
        (_LEVEL_TOO + _standardize("relative_columns: 3"), [(2, 1, 3)], {}),
        (_standardize("relative_columns: 2"), [(2, 3), (2, 2)], {}),
        (_standardize("relative_columns: 2 columns: 3"), [(2, 1), (2, 2)], {}),
        (_standardize("relative_columns: 2 inverse: true"), [(2, 4, 3), (2, 2)], {}),
        (_standardize("relative_columns: 2 inverse: true columns: 3"), [(2, 1), (2, 2)], {}),
    ],
}
