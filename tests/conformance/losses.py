"""Cases of the losses and accuracy for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import TEST

_LABELS = [2, 0, 3]
_PROBABILITIES = [[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.3, 0.2]]
_MAP = [[[[0, 2], [1, 255]]], [[[2, 2], [255, 0]]]]  # labels of two images of 2 x 2
_CLASS_WEIGHTS = (
    "weight_by_label_freqs: true class_weighting: 0.25 class_weighting: 3 class_weighting: 1.5"
)
_TWO_TOPS = 'top: "loss" top: "p" loss_weight: 1 loss_weight: 0'
_MATRIX = [[1, 0.5, 0, 0.2], [0.1, 2, 0.3, 0], [0, 0, 1, 0], [0.4, 0.3, 0.2, 1.5]]
_SMALL_MATRIX = [[1, 0.5, 0], [0.1, 2, 0.3], [0.4, 0.2, 1]]
_ONLY_SCORES = {"propagate_down": [True, False, False], "batch_axis": None}
_TARGETS = [[0, 1, 0.3, 255], [1, 255, 0, 1], [0.6, 0, 1, 1]]
# The guard in the gradient, Caffe's 1e-4, makes it differ a little from the true one.
_PAIRS = {"tolerance": 1e-3}


def _loss(settings: str) -> str:
    return f"loss_param {{ {settings} }}"


def _pairs(settings: str) -> str:
    return f"contrastive_loss_param {{ {settings} }}"


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "Accuracy": [
        ("", [(3, 4), _LABELS], {"skip_backward": True}),
        ('top: "a" top: "each"', [(3, 4), _LABELS], {"skip_backward": True}),
        (
            'top: "a" top: "each" accuracy_param { top_k: 2 ignore_label: 255 }',
            [(2, 3, 2, 2), _MAP],
            {"skip_backward": True},
        ),
        ("accuracy_param { axis: -1 }", [(2, 2, 4), [[0, 3], [1, 1]]], {"skip_backward": True}),
        ("accuracy_param { ignore_label: 0 }", [(2, 4), [0, 0]], {"skip_backward": True}),
    ],
    "ContrastiveLoss": [
        (_pairs("margin: 4"), [(4, 3), (4, 3), [1, 0, 0, 1]], _PAIRS),
        (_pairs("margin: 9 legacy_version: true"), [(3, 2, 1, 1), (3, 2), [[0], [1], [0]]], {}),
        (_pairs("margin: 0.1"), [(3, 2), (3, 2), [0, 0.5, -1]], _PAIRS),
        (
            _pairs("margin: 4"),
            [(3, 2), (3, 2), [1, 0, 0]],
            {"propagate_down": [False, True, False]} | _PAIRS,
        ),
    ],
    "HingeLoss": [
        ("", [(3, 4), _LABELS], {}),
        ("hinge_loss_param { norm: L2 }", [(3, 4), _LABELS], {}),
        ("hinge_loss_param { norm: L1 }", [(3, 2, 2), [[3], [0], [1]]], {}),
    ],
    "InfogainLoss": [
        ("", [(3, 4), _LABELS, _MATRIX], _ONLY_SCORES),
        (
            f"{_TWO_TOPS} {_loss('ignore_label: 255')} infogain_loss_param {{ axis: 1 }}",
            [(2, 3, 2, 2), _MAP, _SMALL_MATRIX],
            {"skip_backward": True, "batch_axis": None},
        ),
        (_loss("ignore_label: 255"), [(2, 3, 2, 2), _MAP, _SMALL_MATRIX], _ONLY_SCORES),
        (
            f"infogain_loss_param {{ axis: -1 }} {_loss('normalization: BATCH_SIZE')}",
            [(2, 2, 3), [[0, 2], [1, 1]], _SMALL_MATRIX],
            _ONLY_SCORES,
        ),
    ],
    "MultinomialLogisticLoss": [
        ("", [_PROBABILITIES, _LABELS], {}),
        ("", [[[[[0.2]], [[0.8]]], [[[0.5]], [[0.5]]]], [[[[1]]], [[[0]]]]], {}),
    ],
    "SigmoidCrossEntropyLoss": [
        ("", [(3, 4), [[0, 1, 0.3, 1], [1, 0, 0, 1], [0.6, 0, 1, 1]]], {}),
        (_loss("ignore_label: 255"), [(3, 4), _TARGETS], {}),
        (_loss("ignore_label: 255 normalization: VALID"), [(3, 2, 2), _TARGETS], {}),
        (_loss("ignore_label: 255 normalization: FULL"), [(3, 4), _TARGETS], {}),
        (_loss("normalization: NONE"), [(3, 2), [[1, 0], [0, 1], [1, 1]]], {}),
        (_loss("class_balanced: true"), [(3, 4), [[0, 1, 1, 1], [0, 0, 0, 0], [0.5, 2, 0, 1]]], {}),
        (
            _loss("class_balanced: true ignore_label: 255 normalization: VALID"),
            [(3, 2, 2), [[[0, 1], [1, 255]], [[1, 255], [0, 1]], [[0, 0], [1, 1]]]],
            {},
        ),
    ],
    "Softmax": [
        ("", [(3, 4)], {}),
        ("", [(2, 3, 2, 2)], {}),
        ("softmax_param { axis: -1 }", [(2, 2, 3)], {}),
        ("softmax_param { axis: 0 }", [(3, 2)], {"batch_axis": 1}),
        ("", [(2, 0, 2)], {}),
        ("softmax_param { algorithm: LOG }", [(2, 3, 2, 2)], {}),
        ("softmax_param { algorithm_train: LOG axis: -1 }", [(3, 4)], {}),
        ("softmax_param { algorithm_train: LOG }", [(3, 4)], {"phase": TEST}),
    ],
    "SoftmaxWithLoss": [
        ("", [(3, 4), _LABELS], {}),
        (_TWO_TOPS, [(3, 4), _LABELS], {"skip_backward": True}),
        ("softmax_param { axis: -1 }", [(2, 2, 3), [[0, 2], [1, 1]]], {}),
        *(
            (_loss(f"ignore_label: 255 normalization: {mode}"), [(2, 3, 2, 2), _MAP], {})
            for mode in ("VALID", "FULL", "BATCH_SIZE", "NONE")
        ),
        (_loss("normalize: false"), [(2, 3, 2), [[0, 2], [1, 1]]], {}),
        (_loss("ignore_label: 1"), [(2, 3), [1, 1]], {}),
        (_loss(f"ignore_label: 255 {_CLASS_WEIGHTS}"), [(2, 3, 2, 2), _MAP], {}),
        (_loss("weight_by_label_freqs: true ignore_label: 255"), [(2, 3, 2, 2), _MAP], {}),
        (_loss("weight_by_label_freqs: true"), [(3, 4), [2, 0, 2]], {}),
    ],
}
