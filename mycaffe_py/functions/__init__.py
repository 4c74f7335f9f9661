"""Functions and their derivatives, elementwise except for softmax: one place for each formula.

Layers and recurrent cells share these. Everything is written with ``xp`` (NumPy or CuPy) and
``out=``, so that a training step allocates nothing: an activation keeps its working memory for the
last shape. Use a separate instance for each place in a net, not one for alternating shapes.
"""

from .activation import Activation
from .bounded import HardSigmoid, HardSwish, ReLU6
from .error_function import erf
from .gates import GELU, GELUTanh, Mish, Serf, SiLU, Swish
from .powers import Exp, Log, Power
from .quantiles import pinball, pinball_slope
from .rectifiers import ELU, SELU, AbsVal, Clip, ReLU, negative_part, positive_part
from .sigmoids import LeCun, Sigmoid, SoftPlus, TanH, sigmoid, softplus
from .softmax import log_softmax, softmax

__all__ = [
    "AbsVal",
    "Activation",
    "Clip",
    "ELU",
    "Exp",
    "GELU",
    "GELUTanh",
    "HardSigmoid",
    "HardSwish",
    "LeCun",
    "Log",
    "Mish",
    "Power",
    "ReLU",
    "ReLU6",
    "SELU",
    "Serf",
    "SiLU",
    "Sigmoid",
    "SoftPlus",
    "Swish",
    "TanH",
    "erf",
    "log_softmax",
    "negative_part",
    "pinball",
    "pinball_slope",
    "positive_part",
    "sigmoid",
    "softmax",
    "softplus",
]
