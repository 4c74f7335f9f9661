"""Single-shot detection: prior boxes, matching, boxes out."""

from __future__ import annotations

from mycaffe_py.layer import Layer

from .detection_evaluate import DetectionEvaluate
from .detection_output import DetectionOutput
from .multibox_loss import MultiBoxLoss
from .normalize import Normalization2, Normalize
from .permute import Permute
from .prior_box import PriorBox

LAYERS: list[type[Layer]] = [
    DetectionEvaluate,
    DetectionOutput,
    MultiBoxLoss,
    Normalization2,
    Normalize,
    Permute,
    PriorBox,
]
