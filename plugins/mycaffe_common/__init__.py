"""The small layers that almost every net uses: products, shapes, activations and losses."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .absval import AbsVal
from .bnll import BNLL
from .clip import Clip
from .concat import Concat
from .dropout import Dropout
from .dummy_data import DummyData
from .elu import ELU
from .embed import Embed
from .euclidean_loss import EuclideanLoss
from .exp import Exp
from .gelu import GELU
from .inner_product import InnerProduct
from .input import Input
from .lecun import LeCun
from .log import Log
from .mean_error_loss import MeanErrorLoss
from .mish import Mish
from .parameter import Parameter
from .power import Power
from .prelu import PReLU
from .python import Python
from .relu import ReLU
from .serf import Serf
from .sigmoid import Sigmoid
from .silence import Silence
from .silu import SiLU
from .slice import Slice
from .softplus import SoftPlus
from .split import Split
from .swish import Swish
from .tanh import TanH
from .threshold import Threshold

LAYERS = [
    AbsVal,
    BNLL,
    Clip,
    Concat,
    Dropout,
    DummyData,
    ELU,
    Embed,
    EuclideanLoss,
    Exp,
    GELU,
    InnerProduct,
    Input,
    LeCun,
    Log,
    MeanErrorLoss,
    Mish,
    Parameter,
    Power,
    PReLU,
    Python,
    ReLU,
    Serf,
    Sigmoid,
    Silence,
    SiLU,
    Slice,
    SoftPlus,
    Split,
    Swish,
    TanH,
    Threshold,
]


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema():
    """Return the settings that Caffe's own schema lacks."""
    return [Path(__file__).with_name("common.proto")]
