"""Cases of the layers of Faster R-CNN and R-FCN for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

LayerCase = tuple[str, list[Any], dict[str, Any]]

# Images, then corners in pixels: inside, across the border, outside, a point, turned.
_REGIONS = [
    [0, 0, 0, 12, 9],
    [1, 2.5, 1.5, 8, 8.4],
    [1, -9, -5, 6, 40],
    [0, 60, 60, 90, 90],
    [0, 5, 5, 5, 5],
    [1, 9, 9, 3, 3],
]
_ONLY_MAPS = {"propagate_down": [True, False], "batch_axis": None}
_NO_GRADIENT = {"skip_backward": True, "batch_axis": None}
_SMOOTH = {"propagate_down": [True, True, False, False]}
_INSIDE_ONLY = {"propagate_down": [True, True, False]}
_INSIDE = [[1, 1, 0, 1], [0.5, 2, 1, 0], [1, 1, 1, 1]]
_OUTSIDE = [[0.25, 0, 1, 2], [1, 1, 0.5, 1], [2, 0.1, 1, 1]]


def _distinct(*shape: int) -> np.ndarray:
    """Values of which no two are near each other, so that a maximum does not change hands."""
    return np.random.default_rng(1).permutation(np.prod(shape)).reshape(shape) / 10.0


def _regions(settings: str, channels: int = 2) -> LayerCase:
    return settings, [_distinct(2, channels, 5, 6), _REGIONS], _ONLY_MAPS


def _pooled(message: str, settings: str) -> LayerCase:
    return _regions(f"{message} {{ pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 {settings} }}")


def _sharp(targets: Any = (3, 4), *weights: Any) -> list[Any]:
    """Predictions and targets with distances of all sizes, none at a kink of the loss."""
    return [np.linspace(-2.05, 2.15, 12).reshape(3, 4), np.zeros(targets), *weights]


_OHEM = 'top: "loss" top: "each" loss_weight: 1 loss_weight: 0'
_MAPS = np.linspace(0.03, 3.1, 72).reshape(1, 2, 6, 6) % 0.83

LAYERS: dict[str, list[LayerCase]] = {
    "BoxAnnotatorOHEM": [
        (
            f'top: "labels" top: "weights" box_annotator_ohem_param {{ roi_per_img: 2 {settings} }}',
            [_REGIONS, [3, 1, 0.5, 2, 7, 2], [1, 2, 0, 1, 2, 0], np.ones((6, 3)) * 0.5],
            _NO_GRADIENT,
        )
        for settings in ("", "ignore_label: -3")
    ],
    "ImResize": [
        ("imresize_param { factor: 2 }", [(1, 2, 3, 4)], {}),
        ("imresize_param { factor: 0.5 }", [(1, 1, 5, 4)], {}),
        (
            "imresize_param { target_spatial_width: 5 target_spatial_height: 3 scale_gap: 0.5 }",
            [(2, 2, 4, 6)],
            {"batch_axis": 1},
        ),
    ],
    "Nms": [
        ("nms_param { threshold: 0.1 max_peaks: 3 num_parts: 2 }", [_MAPS], _NO_GRADIENT),
        ("nms_param { num_parts: 1 }", [(2, 2, 2, 3)], _NO_GRADIENT),
    ],
    "Proposal": [
        (
            f"{tops} proposal_param {{ ratio: [0.5, 1] scale: 1 base_size: 8 feat_stride: 4 {settings} }}",
            [
                np.random.default_rng(5).uniform(0, 1, (images, 4, 3, 4)),
                np.random.default_rng(6).uniform(-0.3, 0.3, (images, 8, 3, 4)),
                [[12, 16, *scales]] * images,
            ],
            _NO_GRADIENT,
        )
        for tops, settings, images, scales in (
            ("", "min_size: 4 post_nms_topn: 5", 1, [1]),
            ('top: "r" top: "s"', "min_size: 8 pre_nms_topn: 9", 2, [0.5, 1]),
        )
    ],
    "PSROIPooling": [
        _regions("psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 0.5 }", 8),
        _regions("psroi_pooling_param { output_dim: 1 group_size: 3 spatial_scale: 0.25 }", 9),
    ],
    "ROIAlign": [
        _pooled("roi_align_param", ""),
        _pooled("roi_align_param", "sampling_ratio: 2"),
    ],
    "ROIPooling": [
        _pooled("roi_pooling_param", ""),
        _pooled("roi_pooling_param", "pad_ratio: 0.3"),
        _regions("roi_pooling_param { pooled_h: 7 pooled_w: 1 }"),
    ],
    "SmoothL1Loss": [
        ("", _sharp(), {}),
        ("smooth_l1_loss_param { sigma: 3 }", _sharp(), {}),
        (
            "smooth_l1_loss_param { sigma: 0.5 }",
            _sharp((3, 2, 2), _INSIDE),
            _INSIDE_ONLY,
        ),
        ("", _sharp((3, 4), _INSIDE, _OUTSIDE), _SMOOTH),
    ],
    "SmoothL1LossOHEM": [
        ("", _sharp(), {}),
        (_OHEM, [(2, 3, 1, 2), (2, 3, 1, 2), np.ones((2, 3, 1, 2))], _NO_GRADIENT),
        *(
            (
                f"loss_param {{ normalization: {mode} }}",
                _sharp((3, 4), _INSIDE),
                _INSIDE_ONLY,
            )
            for mode in ("FULL", "BATCH_SIZE", "NONE", "PRE_FIXED pre_fixed_normalizer: 7")
        ),
    ],
    "SoftmaxWithLossOHEM": [
        ("", [(3, 4), [2, 0, 3]], {}),
        (
            "loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 128 }",
            [(3, 4), [2, 0, 3]],
            {},
        ),
        (
            'top: "a" top: "b" top: "c" loss_weight: 1 loss_weight: 0 loss_weight: 0 '
            "loss_param { ignore_label: -1 }",
            [(2, 3, 2, 2), [[[[0, 2], [1, -1]]], [[[2, 2], [-1, 0]]]]],
            {"skip_backward": True},
        ),
    ],
}
