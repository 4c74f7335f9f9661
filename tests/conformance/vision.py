"""Cases of the layers of image nets for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import TEST

LayerCase = tuple[str, list[Any], dict[str, Any]]

_IMAGE = (2, 2, 4, 5)


def _convolution(
    settings: str, bottom: Any = _IMAGE, count: int = 1, **arguments: Any
) -> LayerCase:
    filler = 'weight_filler { type: "gaussian" } bias_filler { type: "uniform" }'
    return f"convolution_param {{ {filler} {settings} }}", [bottom] * count, arguments


_CONVOLUTIONS = [
    _convolution("num_output: 3 kernel_size: 3"),
    _convolution("num_output: 2 kernel_size: 2 stride: 2 pad: 1 bias_term: false"),
    _convolution("num_output: 4 kernel_size: 3 group: 2 pad: 1"),
    _convolution("num_output: 2 kernel_size: 2 dilation: 2"),
    _convolution("num_output: 3 kernel_h: 3 kernel_w: 1 pad_h: 1 stride_h: 1 stride_w: 2"),
    _convolution("num_output: 2 kernel_size: [3, 2] stride: [2, 1] pad: [1, 0] dilation: [1, 3]"),
    _convolution("num_output: 3 kernel_size: 1"),
    _convolution("num_output: 3 kernel_size: 1", (1, 2, 3, 3), batch_axis=None),
    _convolution("num_output: 2 kernel_size: 3 stride: 2", (2, 2, 6)),
    _convolution("num_output: 2 kernel_size: 2 pad: 1 stride: 2", (1, 2, 3, 2, 3)),
    _convolution("num_output: 2 axis: 2 kernel_size: 2", (2, 2, 1, 2, 3)),
    _convolution("num_output: 2 axis: -2 kernel_size: 2 group: 2", (2, 2, 3)),
    _convolution("num_output: 3", (2, 4)),
    _convolution("num_output: 2 kernel_size: 2", (1, 2, 3, 3), 2),
    _convolution("num_output: 2 kernel_size: 2", propagate_down=[False]),
    _convolution("num_output: 2 kernel_size: 2 engine: CUDNN force_nd_im2col: true", (1, 1, 3, 3)),
]

_IM2COLS = [
    _convolution("kernel_size: 2"),
    _convolution("kernel_size: 3 pad: 2 stride: 2 dilation: 2"),
    _convolution("kernel_size: 2 axis: 2", (2, 2, 1, 2, 3)),
    _convolution("kernel_size: 2", (2, 3, 4)),
    _convolution("kernel_size: [1, 2, 2]", (1, 2, 2, 3, 3)),
]


def _distinct(*shape: int) -> np.ndarray:
    """Values of which no two are near each other, so that a maximum does not change hands."""
    return np.random.default_rng(1).permutation(np.prod(shape)).reshape(shape) / 10.0


def _pooling(settings: str, bottom: Any = None, tops: int = 1, **arguments: Any) -> LayerCase:
    names = " ".join(f'top: "t{index}"' for index in range(tops))
    bottom = _distinct(*_IMAGE) if bottom is None else bottom
    return f"{names} pooling_param {{ {settings} }}", [bottom], arguments


_POOLINGS = [
    _pooling(f"pool: {method} {settings}")
    for method in ("MAX", "AVE")
    for settings in (
        "kernel_size: 2 stride: 2",
        "kernel_size: 3 stride: 2",
        "kernel_size: 3 stride: 2 pad: 1",
        "kernel_size: 2 stride: 2 round_mode: FLOOR",
        "kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 3 pad_h: 1 pad_w: 2",
        "global_pooling: true",
    )
]

_POSITIVE = _distinct(2, 2, 4, 5) + 0.05

_STOCHASTIC = [
    _pooling(f"pool: STOCHASTIC {settings}", _POSITIVE, phase=phase)
    for phase in (0, TEST)
    for settings in ("kernel_size: 2 stride: 2", "kernel_size: 3 stride: 2", "global_pooling: true")
]


def _spp(settings: str, bottom: Any = None, **arguments: Any) -> LayerCase:
    bottom = _distinct(*_IMAGE) if bottom is None else bottom
    return f"spp_param {{ {settings} }}", [bottom], arguments


def _lrn(settings: str, bottom: Any = (2, 6, 2, 2)) -> LayerCase:
    return f"lrn_param {{ {settings} }}", [bottom], {}


LAYERS: dict[str, list[LayerCase]] = {
    "Convolution": _CONVOLUTIONS,
    "Deconvolution": [
        *_CONVOLUTIONS,
        _convolution("num_output: 2 kernel_size: 2", (1, 2, 0, 3)),
    ],
    "Im2col": _IM2COLS,
    "LRN": [
        _lrn(""),
        _lrn("local_size: 3 alpha: 0.5 beta: 0.5 k: 2"),
        _lrn("local_size: 15", (1, 4, 2, 2)),
        _lrn("local_size: 3 alpha: 2 norm_region: WITHIN_CHANNEL k: 5", (2, 2, 4, 3)),
        _lrn("local_size: 7 norm_region: WITHIN_CHANNEL", (1, 2, 3, 3)),
    ],
    "Pooling": [
        *_POOLINGS,
        *_STOCHASTIC,
        _pooling("kernel_size: 2 stride: 2", tops=2),
        _pooling("kernel_size: 3 stride: 2 pad: 1", tops=2),
        _pooling("pool: AVE kernel_size: 1 stride: 2"),
        _pooling("pool: AVE kernel_size: 2 stride: 2 ceil_mode: false"),
    ],
    "SPP": [
        _spp("pyramid_height: 1"),
        _spp("pyramid_height: 1", (0, 2, 4, 4), batch_axis=None),
        _spp("pyramid_height: 3", _distinct(2, 2, 4, 7)),
        _spp("pyramid_height: 2 pool: AVE"),
        _spp("pyramid_height: 2 pool: STOCHASTIC", _distinct(1, 2, 4, 2) + 0.05),
    ],
}
