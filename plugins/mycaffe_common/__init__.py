"""The small layers that almost every net uses: products, shapes, activations and losses."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .accuracy import Accuracy
from .concat import Concat
from .contrastive_loss import ContrastiveLoss
from .dropout import Dropout
from .euclidean_loss import EuclideanLoss
from .gelu import GELU
from .hinge_loss import HingeLoss
from .infogain_loss import InfogainLoss
from .inner_product import InnerProduct
from .input import Input
from .lecun import LeCun
from .mean_error_loss import MeanErrorLoss
from .multinomial_logistic_loss import MultinomialLogisticLoss
from .relu import ReLU
from .sigmoid import Sigmoid
from .sigmoid_cross_entropy_loss import SigmoidCrossEntropyLoss
from .silence import Silence
from .silu import SiLU
from .slice import Slice
from .softmax import Softmax
from .softmax_with_loss import SoftmaxWithLoss
from .softplus import SoftPlus
from .split import Split
from .tanh import TanH

LAYERS = [
    Accuracy,
    Concat,
    ContrastiveLoss,
    Dropout,
    EuclideanLoss,
    GELU,
    HingeLoss,
    InfogainLoss,
    InnerProduct,
    Input,
    LeCun,
    MeanErrorLoss,
    MultinomialLogisticLoss,
    ReLU,
    Sigmoid,
    SigmoidCrossEntropyLoss,
    Silence,
    SiLU,
    Slice,
    Softmax,
    SoftmaxWithLoss,
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
