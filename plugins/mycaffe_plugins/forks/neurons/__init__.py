"""Activations, scaling and normalisation that forks of Caffe added."""

from __future__ import annotations

from mycaffe_py.layer import Layer

from .crelu import CReLU
from .hard_sigmoid import HardSigmoid, HSigmoid
from .hard_swish import HSwish
from .layer_norm import LayerNorm
from .relu6 import ReLU6
from .selu import SeLU

LAYERS: list[type[Layer]] = [CReLU, HardSigmoid, HSigmoid, HSwish, LayerNorm, ReLU6, SeLU]
