"""The small layers that almost every net uses: products, shapes, activations and losses."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .arg_max import ArgMax
from .batch_norm import BatchNorm
from .batch_reindex import BatchReindex
from .bias import Bias
from .concat import Concat
from .dropout import Dropout
from .eltwise import Eltwise
from .euclidean_loss import EuclideanLoss
from .filter import Filter
from .flatten import Flatten
from .gather import Gather
from .gelu import GELU
from .inner_product import InnerProduct
from .input import Input
from .lecun import LeCun
from .mean_error_loss import MeanErrorLoss
from .mvn import MVN
from .reduction import Reduction
from .relu import ReLU
from .reshape import Reshape
from .scale import Scale
from .sigmoid import Sigmoid
from .silence import Silence
from .silu import SiLU
from .slice import Slice
from .softplus import SoftPlus
from .split import Split
from .squeeze import Squeeze, Unsqueeze
from .tanh import TanH
from .tile import Tile
from .transpose import Transpose

LAYERS = [
    ArgMax,
    BatchNorm,
    BatchReindex,
    Bias,
    Concat,
    Dropout,
    Eltwise,
    EuclideanLoss,
    Filter,
    Flatten,
    Gather,
    GELU,
    InnerProduct,
    Input,
    LeCun,
    MeanErrorLoss,
    MVN,
    Reduction,
    ReLU,
    Reshape,
    Scale,
    Sigmoid,
    Silence,
    SiLU,
    Slice,
    SoftPlus,
    Split,
    Squeeze,
    TanH,
    Tile,
    Transpose,
    Unsqueeze,
]


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema():
    """Return the settings that Caffe's own schema lacks."""
    return [Path(__file__).with_name("common.proto")]
