"""Detection by regions: proposals, pooling of regions, their losses; peaks of heat maps."""

from __future__ import annotations

from mycaffe_py.layer import Layer

from .box_annotator_ohem import BoxAnnotatorOHEM
from .im_resize import ImResize
from .nms import Nms
from .proposal import Proposal
from .psroi_pooling import PSROIPooling
from .roi_align import ROIAlign
from .roi_pooling import ROIPooling
from .smooth_l1_loss import SmoothL1Loss
from .smooth_l1_loss_ohem import SmoothL1LossOHEM
from .softmax_with_loss_ohem import SoftmaxWithLossOHEM

LAYERS: list[type[Layer]] = [
    BoxAnnotatorOHEM,
    ImResize,
    Nms,
    Proposal,
    PSROIPooling,
    ROIAlign,
    ROIPooling,
    SmoothL1Loss,
    SmoothL1LossOHEM,
    SoftmaxWithLossOHEM,
]
