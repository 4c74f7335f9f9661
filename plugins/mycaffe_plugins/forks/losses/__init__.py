"""Losses that forks of Caffe added."""

from __future__ import annotations

from mycaffe_py.layer import Layer

from .center_loss import CenterLoss
from .cosin_add_m import CosinAddm
from .focal_loss import FocalLoss
from .l1_loss import L1Loss
from .label_specific_add import LabelSpecificAdd
from .margin_inner_product import MarginInnerProduct
from .memory_loss import MemoryLoss
from .nll_loss import NLLLoss
from .triplet_loss import TripletLoss
from .weighted_softmax_with_loss import WeightedSoftmaxWithLoss

LAYERS: list[type[Layer]] = [
    CenterLoss,
    CosinAddm,
    FocalLoss,
    L1Loss,
    LabelSpecificAdd,
    MarginInnerProduct,
    MemoryLoss,
    NLLLoss,
    TripletLoss,
    WeightedSoftmaxWithLoss,
]
