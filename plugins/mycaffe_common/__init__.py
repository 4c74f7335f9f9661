"""The small layers that almost every net uses: products, shapes, activations and losses."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .concat import Concat
from .dropout import Dropout
from .euclidean_loss import EuclideanLoss
from .gelu import GELU
from .inner_product import InnerProduct
from .input import Input
from .lecun import LeCun
from .mean_error_loss import MeanErrorLoss
from .relu import ReLU
from .sigmoid import Sigmoid
from .silence import Silence
from .silu import SiLU
from .slice import Slice
from .softplus import SoftPlus
from .split import Split
from .tanh import TanH

LAYERS = [
    Concat,
    Dropout,
    EuclideanLoss,
    GELU,
    InnerProduct,
    Input,
    LeCun,
    MeanErrorLoss,
    ReLU,
    Sigmoid,
    Silence,
    SiLU,
    Slice,
    SoftPlus,
    Split,
    TanH,
]


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema():
    """Return the settings that Caffe's own schema lacks."""
    return [Path(__file__).with_name("common.proto")]
