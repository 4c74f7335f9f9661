"""Learning-rate policies: Caffe's, MyCaffe's sigmoid_inv, cosine and one_cycle."""

from __future__ import annotations

from mycaffe_py.plugins import hookimpl
from mycaffe_py.solver import LrPolicy

from .cosine import Cosine
from .exp import Exp
from .fixed import Fixed
from .inv import Inv
from .multistep import MultiStep
from .one_cycle import OneCycle
from .poly import Poly
from .sigmoid import Sigmoid, SigmoidInv
from .step import Step

LR_POLICIES: list[type[LrPolicy]] = [
    Cosine,
    Exp,
    Fixed,
    Inv,
    MultiStep,
    OneCycle,
    Poly,
    Sigmoid,
    SigmoidInv,
    Step,
]


@hookimpl
def mycaffe_lr_policies() -> list[type[LrPolicy]]:
    """Return the learning-rate policies of this plugin."""
    return LR_POLICIES
