"""Cases of layers for segmentation, flow and light nets for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import TEST

LayerCase = tuple[str, list[Any], dict[str, Any]]

_IMAGES = (3, 2, 2, 3)
_RANDOM = '{ type: "gaussian" }'
_OLD = f"scale_filler {_RANDOM} shift_filler {_RANDOM}"
_NEW = f"slope_filler {_RANDOM} bias_filler {_RANDOM}"
_STORED = "".join(
    f"blobs {{ shape {{ dim: 1 dim: 2 dim: 1 dim: 1 }} data: {values} }} "
    for values in ([1.5, -0.5], [0.3, 0.1], [0.5, -1.0], [2.0, 3.5])
)
_FOUR_SPECS = "param { } param { } param { } param { } "


def _bn(settings: str) -> str:
    return f"bn_param {{ {settings} }}"


_BNS: list[LayerCase] = [
    (_bn(_OLD), [_IMAGES], {}),
    (_bn(f"{_OLD} bn_mode: LEARN"), [_IMAGES], {"phase": TEST}),
    (_bn(f"{_OLD} bn_mode: INFERENCE"), [_IMAGES], {}),
    (_bn(f"{_OLD} bn_mode: INFERENCE"), [(4, 2)], {"phase": TEST}),
    (_bn(_NEW), [_IMAGES], {}),
    (_bn(f"{_NEW} momentum: 0.5 eps: 0.1 engine: CUDNN"), [(4, 3)], {}),
    (_bn(f"{_OLD} momentum: 0.5"), [_IMAGES], {}),
    (_STORED + _bn("eps: 0.001"), [_IMAGES], {"phase": TEST}),
    (_STORED + _bn("frozen: true"), [_IMAGES], {}),
    (_FOUR_SPECS + _bn(_OLD), [_IMAGES], {}),
    (_bn(f"{_OLD} var_eps: 0.1 decay: 0.5"), [_IMAGES], {"phase": TEST}),
    (_STORED + _bn("moving_average: true"), [_IMAGES], {"phase": TEST}),
    (_bn(f"{_OLD} axis: 2"), [_IMAGES], {}),
    (_bn(_OLD), [(0, 2, 3)], {"batch_axis": None}),
]


def _mask(cells: int, *shape: int) -> np.ndarray:
    """A different cell of its plane for each element."""
    rng = np.random.default_rng(2)
    planes = [rng.permutation(cells)[: shape[2] * shape[3]] for _ in range(shape[0] * shape[1])]
    return np.reshape(planes, shape).astype(float)


_SMALL = (2, 2, 2, 3)


def _upsample(settings: str, cells: int = 0) -> LayerCase:
    masks = [_mask(cells, *_SMALL)] if cells else []
    arguments = {"batch_axis": None} if cells else {}
    return f"upsample_param {{ {settings} }}", [_SMALL, *masks], arguments


def _unpooling(settings: str, cells: int = 0) -> LayerCase:
    text, bottoms, arguments = _upsample("", cells)
    return f"unpooling_param {{ {settings} }}", bottoms, arguments


def _interp(settings: str, bottom: Any = (2, 2, 4, 3)) -> LayerCase:
    return f"interp_param {{ {settings} }}", [bottom], {}


_NO_GRADIENT = {"skip_backward": True, "batch_axis": None}
_LABELS = np.array([[[[0, 2, 1], [255, 1, 0]]], [[[2, 2, 0], [7, 255, 1]]]], dtype=float)


def _convolution(settings: str, bottom: Any = (2, 3, 5, 4)) -> LayerCase:
    filler = 'weight_filler { type: "gaussian" } bias_filler { type: "uniform" }'
    return f"convolution_param {{ {filler} {settings} }}", [bottom], {}


def _correlation(settings: str, **arguments: Any) -> LayerCase:
    return (
        f"correlation_param {{ {settings} }}",
        [(2, 2, 5, 6)] * 2,
        {"batch_axis": None, **arguments},
    )


def _transformed(settings: str, *theta: Any) -> LayerCase:
    arguments: dict[str, Any] = {"batch_axis": None}
    if "to_compute_dU" in settings:
        arguments["propagate_down"] = [False, True]
    return f"st_param {{ {settings} }}", [(2, 2, 4, 5), np.array(theta)], arguments


LAYERS: dict[str, list[LayerCase]] = {
    "Axpy": [
        ("", [(2, 3), (2, 3, 2, 2), (2, 3, 2, 2)], {"batch_axis": None}),
        ("", [(2, 3, 1, 1), (2, 3, 2, 2), (2, 3, 2, 2)], {"batch_axis": None}),
        (
            "",
            [(2, 3), (2, 3, 4), (2, 3, 4)],
            {"batch_axis": None, "propagate_down": [False, True, False]},
        ),
        ("", [(2, 3), (2, 3), (2, 3)], {"batch_axis": None, "propagate_down": [True, False, True]}),
    ],
    "BN": _BNS,
    "ConvolutionDepthwise": [
        _convolution("kernel_size: 3 pad: 1"),
        _convolution("num_output: 3 group: 3 kernel_size: 2 stride: 2 bias_term: false"),
        _convolution("kernel_size: 2 dilation: 2"),
    ],
    "Correlation": [
        _correlation("kernel_size: 1 max_displacement: 1"),
        _correlation("kernel_size: 1 max_displacement: 2 pad: 2 stride_1: 2 stride_2: 2"),
        _correlation("kernel_size: 3 max_displacement: 1 pad: 2"),
        _correlation("kernel_size: 3 max_displacement: 1 pad: 2 correlation_type: SUBTRACT"),
        _correlation("kernel_size: 1 max_displacement: 1", propagate_down=[False, True]),
    ],
    "Correlation1D": [
        _correlation("kernel_size: 1 max_displacement: 2 pad: 2 stride_2: 2"),
        _correlation("kernel_size: 3 max_displacement: 2 pad: 2 single_direction: 1"),
        _correlation("kernel_size: 1 max_displacement: 2 pad: 2 single_direction: -1"),
        _correlation("kernel_size: 1 max_displacement: 1 correlation_type: SUBTRACT"),
    ],
    "DepthwiseConvolution": [
        _convolution("num_output: 3 kernel_size: 3 pad: 1 stride: 2"),
        _convolution("num_output: 6 group: 3 kernel_size: 2"),
    ],
    "Interp": [
        _interp("height: 7 width: 5"),
        _interp("height: 1 width: 2"),
        _interp("zoom_factor: 3"),
        _interp("shrink_factor: 2", (2, 1, 5, 4)),
        _interp("shrink_factor: 2 zoom_factor: 3", (1, 2, 5, 4)),
        _interp("zoom_factor: 2 pad_beg: -1 pad_end: -1", (2, 1, 4, 5)),
        _interp("height: 4 width: 3"),
        _interp("height: 3 width: 3", (1, 2, 1, 1)),
    ],
    "Reorg": [
        ("reorg_param { stride: 2 }", [(2, 4, 4, 2)], {}),
        ("reorg_param { stride: 2 reverse: true }", [(2, 8, 1, 3)], {}),
        ("reorg_param { stride: 3 }", [(1, 9, 3, 6)], {}),
    ],
    "SegAccuracy": [
        (
            "seg_accuracy_param { ignore_label: 255 ignore_label: 7 }",
            [(2, 3, 2, 3), _LABELS],
            _NO_GRADIENT,
        ),
        (
            'top: "all" top: "one" seg_accuracy_param { ignore_label: 255 ignore_label: 7 output_label: 1 }',
            [(2, 3, 2, 3), _LABELS],
            _NO_GRADIENT,
        ),
        ("", [(2, 1, 2, 2), np.ones((2, 1, 2, 2))], _NO_GRADIENT),
    ],
    "ShuffleChannel": [
        ("shuffle_channel_param { group: 2 }", [(2, 6, 2, 2)], {}),
        ("shuffle_channel_param { group: 3 }", [(2, 6)], {}),
        ("", [(2, 3, 2)], {}),
    ],
    "SpatialTransformer": [
        _transformed(
            "", [[0.9, 0.2, 0.05], [-0.3, 0.8, 0.1]], [[0.53, 0.11, 0.027], [0.31, 1.37, -0.43]]
        ),
        _transformed(
            "output_H: 3 output_W: 2 theta_1_1: 0.7 theta_2_3: 0.1 theta_1_2: 0.05",
            [[0.03], [-0.2], [0.83]],
            [[-0.13], [0.31], [0.64]],
        ),
        _transformed("to_compute_dU: false", *[[[0.9, 0.2, 0.05], [-0.3, 0.8, 0.1]]] * 2),
    ],
    "Unpooling": [
        _unpooling("kernel_size: 2 stride: 2"),
        _unpooling("kernel_size: 2 stride: 2 unpool_size: 7", 49),
        _unpooling("unpool: AVE kernel_size: 3 stride: 2"),
        _unpooling("unpool: AVE kernel_h: 3 kernel_w: 2 stride: 2 unpool_h: 4 unpool_w: 3"),
        _unpooling("unpool: TILE kernel_size: 2 stride_h: 1 stride_w: 3"),
        _unpooling("scale: 2", 24),
        _unpooling("output_h: 3 output_w: 4", 12),
    ],
    "Upsample": [
        _upsample("scale: 2"),
        _upsample("scale_h: 2 scale_w: 3"),
        _upsample("scale: 0.5 stride: 2"),
        _upsample("stride_h: 1 stride_w: 3"),
        _upsample("", 24),
        _upsample("scale_h: 3 scale_w: 2", 36),
        _upsample("scale: 2 pad_out_h: true pad_out_w: true", 15),
        _upsample("upsample_h: 5 upsample_w: 4", 20),
    ],
}
