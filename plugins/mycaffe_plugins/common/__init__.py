"""Common layers: products, shapes, activations, losses and other small ones."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from .absval import AbsVal
from .accuracy import Accuracy
from .arg_max import ArgMax
from .batch_norm import BatchNorm
from .batch_reindex import BatchReindex
from .bias import Bias
from .bnll import BNLL
from .channels import Channels as Channels
from .choosing_channels import channels_of as channels_of
from .class_weights import NO_CLASS_WEIGHTS as NO_CLASS_WEIGHTS
from .clip import Clip
from .concat import Concat
from .contrastive_loss import ContrastiveLoss
from .dropout import Dropout
from .dummy_data import DummyData
from .eltwise import Eltwise
from .elu import ELU
from .embed import Embed
from .euclidean_loss import EuclideanLoss
from .exp import Exp
from .filter import Filter
from .flatten import Flatten
from .gather import Gather
from .gelu import GELU
from .hinge_loss import HingeLoss
from .infogain_loss import InfogainLoss
from .inner_product import InnerProduct
from .input import Input
from .labels import Labels as Labels, class_sizes as class_sizes
from .lecun import LeCun
from .log import Log
from .mean_error_loss import MeanErrorLoss
from .mish import Mish
from .multinomial_logistic_loss import MultinomialLogisticLoss
from .mvn import MVN
from .neuron import ActivationLayer as ActivationLayer, NeuronLayer as NeuronLayer
from .normalization import (
    ONE_NORMALIZATION as ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER as PRE_FIXED_NORMALIZER,
    Normalization as Normalization,
)
from .parameter import Parameter
from .power import Power
from .prelu import PReLU
from .python import Python
from .reduction import Reduction
from .relu import ReLU
from .reshape import Reshape
from .reverse import Reverse
from .scale import Scale
from .serf import Serf
from .sigmoid import Sigmoid
from .sigmoid_cross_entropy_loss import SigmoidCrossEntropyLoss
from .silence import Silence
from .silu import SiLU
from .slice import Slice
from .softmax import Softmax
from .softmax_loss import NO_ALGORITHM as NO_ALGORITHM, SoftmaxLoss as SoftmaxLoss
from .softmax_with_loss import (
    SMALLEST_PROBABILITY as SMALLEST_PROBABILITY,
    SoftmaxWithLoss as SoftmaxWithLoss,
)
from .softplus import SoftPlus
from .split import Split
from .squeeze import Squeeze, Unsqueeze
from .standardize import Standardize
from .swish import Swish
from .tanh import TanH
from .threshold import Threshold
from .tile import Tile
from .transpose import Transpose as Transpose
from .unit_rows import unit_rows as unit_rows

LAYERS: list[type[Layer]] = [
    AbsVal,
    Accuracy,
    ArgMax,
    BatchNorm,
    BatchReindex,
    Bias,
    BNLL,
    Clip,
    Concat,
    ContrastiveLoss,
    Dropout,
    DummyData,
    Eltwise,
    ELU,
    Embed,
    EuclideanLoss,
    Exp,
    Filter,
    Flatten,
    Gather,
    GELU,
    HingeLoss,
    InfogainLoss,
    InnerProduct,
    Input,
    LeCun,
    Log,
    MeanErrorLoss,
    Mish,
    MultinomialLogisticLoss,
    MVN,
    Parameter,
    Power,
    PReLU,
    Python,
    Reduction,
    ReLU,
    Reshape,
    Reverse,
    Scale,
    Serf,
    Sigmoid,
    SigmoidCrossEntropyLoss,
    Silence,
    SiLU,
    Slice,
    Softmax,
    SoftmaxWithLoss,
    SoftPlus,
    Split,
    Squeeze,
    Standardize,
    Swish,
    TanH,
    Threshold,
    Tile,
    Transpose,
    Unsqueeze,
]


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the settings that Caffe's own schema lacks."""
    return [Path(__file__).with_name("common.proto")]
