"""Cases of SSD's layers for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

LayerCase = tuple[str, list[Any], dict[str, Any]]

_ONE_SIZE = {"batch_axis": None}
_NO_GRADIENT = {"skip_backward": True} | _ONE_SIZE
_VARIANCES = [0.1, 0.1, 0.2, 0.2]
_CORNERS = [
    [0.1, 0.1, 0.4, 0.5],
    [0.5, 0.4, 0.9, 0.8],
    [0.2, 0.3, 0.7, 0.6],
    [-0.1, 0.6, 0.3, 1.1],
    [0.6, 0.0, 1.0, 0.3],
]
_PRIORS = [[[x for box in _CORNERS for x in box], _VARIANCES * len(_CORNERS)]]
_OBJECTS = [
    [
        [
            [0, 1, 0, 0.12, 0.1, 0.45, 0.5, 0],
            [0, 2, 0, 0.5, 0.4, 0.8, 0.9, 1],
            [2, 2, 0, 0.15, 0.3, 0.7, 0.65, 0],
            [-1, -1, -1, -1, -1, -1, -1, -1],
        ]
    ]
]
_DETECTIONS = [
    [
        [
            [0, 1, 0.9, 0.1, 0.1, 0.5, 0.5],
            [0, 2, 0.7, 0.5, 0.4, 0.8, 0.8],
            [1, 1, 0.8, 0, 0, 1, 1],
            [2, 2, 0.4, 0.2, 0.3, 0.7, 0.6],
            [2, 2, 0.6, 0.2, 0.3, 0.7, 0.5],
        ]
    ]
]
_NOTHING = [[[[-1.0] * 8]]]
_BOXES, _SCORES = (3, 20), (3, 15)
_EACH_BOX = (3, 60)


def _loss(settings: str, rest: str = "", classes: int = 3) -> str:
    return f"multibox_loss_param {{ num_classes: {classes} {settings} }} {rest}"


def _found(settings: str) -> str:
    return f"detection_output_param {{ num_classes: 3 {settings} }}"


_LOSSES = [
    "code_type: CENTER_SIZE",
    "loc_loss_type: L2 conf_loss_type: LOGISTIC mining_type: NONE",
    "match_type: BIPARTITE code_type: CORNER_SIZE neg_pos_ratio: 1 loc_weight: 2",
    "code_type: CENTER_SIZE encode_variance_in_target: true use_difficult_gt: false",
    "mining_type: HARD_EXAMPLE sample_size: 3",
    "nms_param { nms_threshold: 0.3 } use_prior_for_nms: true conf_loss_type: LOGISTIC",
    "ignore_cross_boundary_bbox: true bp_inside: true overlap_threshold: 0.1",
    "do_neg_mining: false",
]

LAYERS: dict[str, list[LayerCase]] = {
    "DetectionEvaluate": [
        (
            "detection_evaluate_param { num_classes: 3 evaluate_difficult_gt: false }",
            [_DETECTIONS, _OBJECTS],
            _NO_GRADIENT,
        ),
        ("detection_evaluate_param { num_classes: 3 }", [_DETECTIONS, _NOTHING], _NO_GRADIENT),
    ],
    "DetectionOutput": [
        (_found("code_type: CENTER_SIZE keep_top_k: 4"), [_BOXES, _SCORES, _PRIORS], _NO_GRADIENT),
        (
            _found(
                "share_location: false variance_encoded_in_target: true confidence_threshold: 0.2 "
                "nms_param { nms_threshold: 0.6 eta: 0.9 top_k: 3 }"
            ),
            [_EACH_BOX, _SCORES, _PRIORS, (3, 1, 2, 2)],
            _NO_GRADIENT,
        ),
        (_found("confidence_threshold: 99"), [_BOXES, _SCORES, _PRIORS], _NO_GRADIENT),
    ],
    "MultiBoxLoss": [
        *(
            (
                _loss(settings),
                [_BOXES, _SCORES, _PRIORS, _OBJECTS],
                {"propagate_down": [True, True, False, False]} | _ONE_SIZE,
            )
            for settings in _LOSSES
        ),
        (
            _loss("share_location: false mining_type: NONE conf_loss_type: LOGISTIC"),
            [_EACH_BOX, _SCORES, _PRIORS, _OBJECTS],
            {"propagate_down": [True, True, False, False]} | _ONE_SIZE,
        ),
        (
            _loss("use_prior_for_matching: false", "loss_param { normalization: FULL }"),
            [_BOXES, _SCORES, _PRIORS, _OBJECTS],
            {"propagate_down": [False, True, False, False]} | _ONE_SIZE,
        ),
        (
            _loss("map_object_to_agnostic: true", "propagate_down: [true, false, false, false]", 2),
            [_BOXES, (3, 10), _PRIORS, _OBJECTS],
            {"propagate_down": [True, False, False, False]} | _ONE_SIZE,
        ),
        (
            _loss("mining_type: NONE"),
            [_BOXES, _SCORES, _PRIORS, _NOTHING],
            {"propagate_down": [True, True, False, False]} | _ONE_SIZE,
        ),
        (
            _loss(""),
            [_BOXES, _SCORES, _PRIORS, _NOTHING],
            {"propagate_down": [True, True, False, False]} | _ONE_SIZE,
        ),
    ],
    "Normalization2": [
        ("", [(2, 3, 2, 2)], {}),
        ("normalization2_param { esp: 0.1 channel_shared: false }", [(2, 3, 2)], {}),
    ],
    "Normalize": [
        (
            "norm_param { across_spatial: false channel_shared: false scale_filler { type: 'constant' value: 20 } }",
            [(2, 3, 2, 2)],
            {},
        ),
        ("norm_param { across_spatial: false }", [(2, 3, 2, 2)], {}),
        ("norm_param { channel_shared: false eps: 0.01 }", [(2, 3, 2)], {}),
        ("", [(3, 4)], {}),
        ('top: "y" top: "norm"', [(2, 3, 2)], {"skip_backward": True}),
    ],
    "Permute": [
        ("permute_param { order: [0, 2, 3, 1] }", [(2, 3, 2, 2)], {}),
        ("permute_param { order: 1 }", [(2, 3, 4)], {"batch_axis": None}),
        ("", [(2, 3)], {}),
    ],
    "PriorBox": [
        (
            "prior_box_param { min_size: 30 max_size: 60 aspect_ratio: [2, 3] variance: [0.1, 0.1, 0.2, 0.2] }",
            [(2, 3, 2, 3), (2, 3, 100, 150)],
            {"skip_backward": True},
        ),
        (
            "prior_box_param { min_size: [30, 40] flip: false clip: true step: 16 img_size: 64 offset: 0 }",
            [(1, 2, 4, 4), (1, 3, 8, 8)],
            {"skip_backward": True},
        ),
    ],
}
