"""What ``test_conformance.py`` runs, at least one case for every bundled layer, filler, learning-rate policy, observer.

A layer's case is (settings in prototxt, without name and type; bottoms, each an array or a shape;
further arguments of ``check_layer``). Settings that name files are a function: it writes them into the
folder that it gets and returns the settings. A filler's case is (settings, shape), a policy's and
an observer's its settings.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py.layer import TEST

from .conformance import (
    activations,
    data,
    forks_dense,
    forks_losses,
    forks_neurons,
    forks_rcnn,
    forks_records,
    forks_ssd,
    liquid,
    losses,
    ltc,
    normalization,
    python_layer,
    recurrent,
    series,
    shapes,
    vision,
    wired,
)

_SHAPE = (3, 4)
_NAN = float("nan")
_GAPS = [[0.5, _NAN], [_NAN, _NAN], [-1.5, 2.5]]
_XAVIER = 'weight_filler { type: "xavier" } bias_filler { type: "uniform" }'

LayerCase = tuple[str | Callable[[Path], str], list[Any], dict[str, Any]]


def _product(settings: str) -> str:
    return f"inner_product_param {{ num_output: 3 {_XAVIER} {settings} }}"


LAYERS: dict[str, list[LayerCase]] = {
    "Concat": [
        ("", [(2, 3), (2, 1), (2, 2)], {}),
        ("concat_param { axis: -2 }", [(2, 1, 3), (2, 4, 3)], {}),
        ("concat_param { concat_dim: 0 }", [(2, 3), (1, 3)], {}),
        ("", [(2, 3)], {}),
    ],
    "Dropout": [
        ("", [_SHAPE], {}),
        ("dropout_param { dropout_ratio: 0.2 }", [(2, 3, 4)], {}),
        ("", [_SHAPE], {"phase": TEST}),
        ("dropout_param { active: false }", [_SHAPE], {}),
        ("dropout_param { scale_train: false }", [_SHAPE], {}),
        ("dropout_param { dropout_ratio: 0.2 scale_train: false }", [_SHAPE], {"phase": TEST}),
        ("dropout_param { sample_weights_test: true }", [_SHAPE], {"phase": TEST}),
    ],
    "EuclideanLoss": [
        ("", [(3, 4), (3, 4)], {}),
        ("", [(3, 4), (3, 2, 2)], {}),
        ("", [(3, 4), (3, 4)], {"propagate_down": [True, False]}),
    ],
    "GELU": [
        ("", [_SHAPE], {}),
        ("gelu_param { enable_bert_version: true }", [_SHAPE], {}),
    ],
    "InnerProduct": [
        (_product(""), [(2, 4)], {}),
        (_product("bias_term: false"), [(2, 4)], {}),
        (_product("transpose: true"), [(2, 3, 2)], {}),
        (_product("axis: 2"), [(2, 3, 4)], {}),
        (_product("min_top_axes: 4"), [(2, 4)], {}),
        (_product("axis: -1 transpose: true"), [(2, 2, 4)], {}),
        (_product("axis: 0"), [(2, 3)], {"batch_axis": None}),
        (_product(""), [(1, 4)], {"propagate_down": [False]}),
    ],
    "Input": [("input_param { shape { dim: 2 dim: 3 } }", [], {})],
    "LeCun": [("", [_SHAPE], {})],
    "MEAN_ERROR_LOSS": [
        ("", [(3, 4), (3, 4)], {}),
        ("mean_error_loss_param { mean_error_type: MSE }", [(3, 4), (3, 4)], {}),
        (
            "mean_error_loss_param { mean_error_type: MSE } loss_param { normalization: NONE }",
            [(3, 2, 2), (3, 4)],
            {},
        ),
        (
            "mean_error_loss_param { axis: 2 } loss_param { normalization: BATCH_SIZE }",
            [(3, 2, 2), (3, 2, 2)],
            {},
        ),
        ("", [(3,), (3,)], {}),
        ("mean_error_loss_param { skip_missing: true }", [(3, 2), _GAPS], {}),
        (
            "mean_error_loss_param { mean_error_type: MSE skip_missing: true }",
            [(3, 2), _GAPS],
            {},
        ),
        (
            "mean_error_loss_param { skip_missing: true } loss_param { normalization: FULL }",
            [(2, 2), [[_NAN, _NAN], [_NAN, _NAN]]],
            {},
        ),
    ],
    "ReLU": [
        ("", [_SHAPE], {}),
        ("relu_param { negative_slope: 0.1 }", [_SHAPE], {}),
        ("relu_param { negative_slope: -0.5 }", [_SHAPE], {}),
        ("relu_param { negative_slope: 2 }", [_SHAPE], {}),
    ],
    "Sigmoid": [("", [_SHAPE], {})],
    "Silence": [("", [_SHAPE, (2,)], {})],
    "SiLU": [("", [_SHAPE], {}), ("", [()], {"batch_axis": None})],
    "Slice": [
        ('top: "a" top: "b"', [(2, 4)], {}),
        ('top: "a" top: "b" top: "c" slice_param { slice_point: [1, 3] }', [(2, 4)], {}),
        ('top: "a" top: "b" slice_param { axis: -1 }', [(2, 3, 4)], {}),
        ('top: "a" top: "b" slice_param { slice_dim: 0 }', [(4, 3)], {"batch_axis": 1}),
        ('top: "a"', [(2, 4)], {}),
    ],
    "SoftPlus": [("", [_SHAPE], {})],
    "Split": [
        ('top: "a"', [_SHAPE], {}),
        ('top: "a" top: "b"', [_SHAPE], {}),
        ('top: "a" top: "b" top: "c"', [_SHAPE], {}),
    ],
    "TanH": [("", [_SHAPE], {}), ("", [(2, 0, 3)], {})],
}

for _family in (
    activations,
    data,
    forks_dense,
    forks_losses,
    forks_neurons,
    forks_rcnn,
    forks_records,
    forks_ssd,
    liquid,
    losses,
    ltc,
    normalization,
    python_layer,
    recurrent,
    series,
    shapes,
    vision,
):
    LAYERS |= _family.LAYERS

for _type, _cases in wired.LAYERS.items():
    LAYERS[_type] = [*LAYERS[_type], *_cases]
LAYERS["CFC"] = [*LAYERS["CFC"], *ltc.CFC]

FILLERS: dict[str, list[tuple[str, tuple[int, ...]]]] = {
    "bilinear": [("", (2, 1, 4, 4)), ("", (1, 1, 3, 3))],
    "constant": [("value: 0.5", (2, 3)), ("", ())],
    "gaussian": [("mean: 1 std: 0.1", (4, 5)), ("sparse: 2", (4, 5)), ("", ())],
    "msra": [("", (4, 5)), ("variance_norm: FAN_OUT", (4, 5)), ("variance_norm: AVERAGE", (4,))],
    "positive_unitball": [("", (4, 5)), ("", (3, 2, 2)), ("", (4,))],
    "uniform": [("min: -1 max: 2", (4, 5)), ("", (0, 3)), ("", ())],
    "xavier": [("", (4, 5)), ("variance_norm: FAN_OUT", (4, 5)), ("variance_norm: AVERAGE", (4,))],
}

LR_POLICIES: dict[str, list[str]] = {
    "cosine": ["", "min_lr: 0.01", "restart_iter: 20 restart_mult: 2"],
    "exp": ["gamma: 0.9"],
    "fixed": [""],
    "inv": ["gamma: 0.1 power: 0.75", ""],
    "multistep": ["gamma: 0.1 stepvalue: [50, 90, 90]", "gamma: 0.1"],
    "one_cycle": ["", "pct_start: 0.1 div_factor: 1 final_div_factor: 100"],
    "poly": ["power: 2", ""],
    "sigmoid": ["gamma: -0.1 stepsize: 50"],
    "sigmoid_inv": ["gamma: 0.1 stepsize: 50"],
    "step": ["gamma: 0.5 stepsize: 30"],
}

OBSERVERS: dict[str, list[str]] = {
    "TensorBoard": [
        "",
        "tensorboard_param { every: 2 histograms: true histogram_every: 1 picture_every: 1 }",
        "tensorboard_param { graph: false pictures: false }",
    ],
}


def settings_of(case: LayerCase, folder: Path) -> str:
    """Return a layer case's settings, with the files that they name in ``folder``."""
    return case[0](folder) if callable(case[0]) else case[0]
