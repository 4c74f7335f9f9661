"""Dense prediction and light nets: resizing, unpooling, grouped channels."""

from __future__ import annotations

from mycaffe_py.layer import Layer

from .axpy import Axpy
from .bn import BN
from .correlation import Correlation, Correlation1D
from .depthwise_convolution import ConvolutionDepthwise, DepthwiseConvolution
from .interp import Interp
from .reorg import Reorg
from .seg_accuracy import SegAccuracy
from .shuffle_channel import ShuffleChannel
from .spatial_transformer import SpatialTransformer
from .unpooling import Unpooling
from .upsample import Upsample

LAYERS: list[type[Layer]] = [
    Axpy,
    BN,
    ConvolutionDepthwise,
    Correlation,
    Correlation1D,
    DepthwiseConvolution,
    Interp,
    Reorg,
    SegAccuracy,
    ShuffleChannel,
    SpatialTransformer,
    Unpooling,
    Upsample,
]
