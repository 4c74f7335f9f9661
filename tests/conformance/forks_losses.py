"""Cases of losses that forks of Caffe added for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import TEST

LayerCase = tuple[str, list[Any], dict[str, Any]]

_LABELS = [2, 0, 3]
_MAP = [[[[0, 2], [1, 255]]], [[[2, 2], [255, 0]]]]  # labels of two images of 2 x 2
_TARGETS = [[0, 1, 1, 255], [1, 255, 0, 1], [0, 0, 1, 1]]
_COSINES = [[0.9, -0.3, 0.5, 0.1], [-0.8, 0.2, 0.4, 0.7], [0.2, 0.1, -0.6, 0.3]]
_NAN = float("nan")
_FLOW = [[[[0.2, _NAN], [1.5, -2.0]], [[-0.4, _NAN], [0.3, 0.9]]]]
# Centers are not learned by the gradient of the loss: test_center_loss.py has their rule.
_FIXED = "param { lr_mult: 0 }"
_ONLY_SCORES = {"propagate_down": [True, False, False]}
_TWO_TOPS = 'top: "loss" top: "p" loss_weight: 1 loss_weight: 0'


def _center(settings: str = "num_output: 4") -> str:
    filler = 'center_filler { type: "gaussian" }'
    return f"{_FIXED} center_loss_param {{ {settings} {filler} }}"


def _angular(settings: str = "") -> str:
    filler = 'weight_filler { type: "gaussian" }'
    return f"{_FIXED} margin_inner_product_param {{ num_output: 4 {filler} {settings} }}"


def _focal(settings: str = "", loss: str = "") -> str:
    return f"focal_loss_param {{ {settings} }} loss_param {{ {loss} }}"


def _triplet(settings: str) -> str:
    return f"triplet_loss_param {{ {settings} }}"


def _l1(settings: str) -> str:
    return f"l1_loss_param {{ {settings} }}"


def _handled(layer: Any) -> None:
    """Give a MemoryLoss the sum of the bottoms' squares, each with a factor."""

    def handler(*values: np.ndarray) -> Any:
        loss = sum((index + 1) * float((x**2).sum()) for index, x in enumerate(values))
        gradients = [2 * (index + 1) * x for index, x in enumerate(values)]
        return loss, gradients if len(values) > 1 else gradients[0]

    layer.handler = handler


LAYERS: dict[str, list[LayerCase]] = {
    "CenterLoss": [
        (_center(), [(3, 5), _LABELS], {}),
        (_center("num_output: 4 axis: -1"), [(3, 2, 2), [[1, 3], [0, 0], [1, 2]]], {}),
        (_center("num_output: 9"), [(3, 2, 2), [[8], [0], [8]]], {}),
    ],
    "CosinAddm": [
        ("", [_COSINES, _LABELS], {}),
        ("cosin_add_m_param { m: 2 }", [_COSINES, _LABELS], {}),
        ("cosin_add_m_param { m: 0.35 }", [_COSINES, _LABELS], {"phase": TEST}),
    ],
    "FocalLoss": [
        ("", [(3, 4), _LABELS], {}),
        (_TWO_TOPS, [(3, 4), _LABELS], {"skip_backward": True}),
        (_focal("gamma: 0 alpha: 1"), [(3, 4), _LABELS], {}),
        (_focal("gamma: 0.5 axis: -1"), [(2, 2, 3), [[0, 2], [1, 1]]], {}),
        (_focal("type: ONEADDP gamma: 3"), [(3, 4), _LABELS], {}),
        *(
            (_focal("", f"ignore_label: 255 normalization: {mode}"), [(2, 3, 2, 2), _MAP], {})
            for mode in ("VALID", "FULL", "BATCH_SIZE", "NONE")
        ),
        ("", [(3, 4), [[0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 1, 1]]], {}),
        (_focal("alpha: 0.6 gamma: 1.5", "ignore_label: 255"), [(3, 4), _TARGETS], {}),
        (_focal("gamma: 0", "ignore_label: 255 normalize: true"), [(3, 2, 2), _TARGETS], {}),
        ("softmax_focal_loss_param { alpha: 1 gamma: 1 }", [(3, 4), _LABELS], {}),
    ],
    "L1Loss": [
        ("", [(2, 3, 2, 2), (2, 3, 2, 2)], {}),
        ("", [_FLOW], {"batch_axis": None}),
        (_l1("normalize_by_num_entries: true plateau: 0.25"), [(2, 3, 4), (2, 3, 4)], {}),
        (_l1("normalize_by_num_entries: true"), [[[[_NAN, _NAN]]]], {}),
        (_l1("l2_per_location: true"), [(2, 3, 2, 2), (2, 3, 2, 2)], {}),
        (
            _l1("l2_per_location: true l2_prescale_by_channels: true plateau: 0.8 epsilon: 1e-3"),
            [(2, 3, 2, 2), (2, 3, 2, 2)],
            {},
        ),
        (_l1("l2_per_location: true epsilon: 0"), [(2, 2), (2, 2)], {}),
    ],
    "LabelSpecificAdd": [
        ("label_specific_add_param { bias: -0.35 }", [_COSINES, _LABELS], {}),
        ("label_specific_add_param { bias: 0.5 }", [_COSINES, _LABELS], {}),
        ("label_specific_add_param { bias: -0.35 }", [_COSINES, _LABELS], {"phase": TEST}),
    ],
    "MarginInnerProduct": [
        (_angular(), [(3, 5), _LABELS], {}),
        (_angular("axis: -1"), [(2, 2, 3), [[0, 3], [1, 1]]], {}),
        # The margins' gradients are the fork's own: test_margin_inner_product.py has them.
        *(
            (
                f'top: "y" top: "lambda" {_angular(f"type: {margin} lambda_min: 3")}',
                [(3, 5), _LABELS],
                {"propagate_down": [False, False]},
            )
            for margin in ("DOUBLE", "TRIPLE", "QUADRUPLE")
        ),
    ],
    "MemoryLoss": [
        ("", [(3, 4)], {"prepare": _handled}),
        ("loss_param { normalization: NONE }", [(2, 3, 2, 2)], {"prepare": _handled}),
        ("loss_param { normalization: BATCH_SIZE }", [(2, 3, 2), (2, 6)], {"prepare": _handled}),
        ("", [(2, 3), (2, 2)], {"prepare": _handled}),
        ("", [(3,)], {"prepare": _handled}),
    ],
    "NLLLoss": [
        ("", [(3, 4), _LABELS], {}),
        ("nll_loss_param { axis: -1 }", [(2, 2, 3), [[0, 2], [1, 1]]], {}),
        *(
            (f"loss_param {{ ignore_label: 255 normalization: {mode} }}", [(2, 3, 2, 2), _MAP], {})
            for mode in ("VALID", "FULL", "BATCH_SIZE", "NONE")
        ),
    ],
    "TripletLoss": [
        (_triplet("margin: 4"), [(3, 4), (3, 4), (3, 4)], {}),
        ("", [(3, 2, 1, 1), (3, 2, 1, 1), (3, 2, 1, 1)], {}),
        (_triplet("alpha: 2"), [(3, 4), (3, 4), (3, 4), [0, 1, 2]], {}),
        (_triplet("margin: 5"), [(3, 4), (3, 4), (3, 4), [0.5, 0, 2]], {}),
        (
            _triplet("margin: 4"),
            [(3, 4), (3, 4), (3, 4)],
            {"propagate_down": [False, True, False]},
        ),
    ],
    "WeightedSoftmaxWithLoss": [
        ("", [(3, 4), _LABELS], {}),
        (
            "softmax_param { pos_cid: 2 pos_mult: 2.5 pos_cid: 0 pos_mult: 0.5 }",
            [(3, 4), _LABELS],
            {},
        ),
        ("loss_param { ignore_label: 255 }", [(2, 3, 2, 2), _MAP, (2, 1, 2, 2)], _ONLY_SCORES),
        ("", [(2, 3, 2, 2), [[[0, 2], [1, 1]], [[2, 2], [1, 0]]], [0.5, 3]], _ONLY_SCORES),
        (f"{_TWO_TOPS}", [(3, 4), _LABELS, [0.5, 1, 2]], {"skip_backward": True}),
    ],
}
