"""The settings of MultiBoxLoss, read and checked."""

from __future__ import annotations

import numpy as np

from mycaffe_plugins.common import (
    NO_CLASS_WEIGHTS,
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
    Normalization,
)
from mycaffe_py.layer import Layer, enum_name
from mycaffe_py.plugins import Only

from .mining import Mining
from .settings import background, number_of_classes, one_of_two

FIELDS = ("multibox_loss_param", "multiboxloss_param")


def _conditions(field: str) -> tuple[Only, ...]:
    def only(*names: str, when: str) -> Only:
        return Only(*(f"{field}.{name}" for name in names), when=when)

    return (
        only("overlap_threshold", when="match_type: PER_PREDICTION"),
        only("neg_pos_ratio", "neg_overlap", when="mining_type: MAX_NEGATIVE"),
        only("sample_size", when="mining_type: HARD_EXAMPLE"),
        only("nms_param", when="mining_type: MAX_NEGATIVE or HARD_EXAMPLE"),
        only("use_prior_for_nms", when="nms_param"),
    )


CONDITIONS = (
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
    NO_CLASS_WEIGHTS,
    *(one for field in FIELDS for one in _conditions(field)),
    Only("loss_param.ignore_label", when="never"),
)


class MultiBoxSettings:
    """What a MultiBoxLoss is told; fails at what is wrong."""

    def __init__(self, layer: Layer):
        field, param = one_of_two(layer, *FIELDS)
        self.param = param
        self.classes = number_of_classes(layer, param, field)
        self.background = background(layer, param, self.classes, field)
        self.boxes_of_each = 1 if param.share_location else self.classes
        self.mining = Mining(layer, param, field)
        self.softmax = enum_name(param, "conf_loss_type") == "SOFTMAX"
        self.smooth = enum_name(param, "loc_loss_type") == "SMOOTH_L1"
        self.threshold = None
        if enum_name(param, "match_type") == "PER_PREDICTION":
            self.threshold = param.overlap_threshold
        self.ignore_outside = param.ignore_cross_boundary_bbox or param.ignore_corss_boundary_bbox
        self.normalization = Normalization(layer.param.loss_param)
        given = list(layer.param.propagate_down)
        self.counts_boxes = given[0] if given else True
        self.counts_classes = given[1] if len(given) > 1 else True
        self._check(layer, field)

    def _check(self, layer: Layer, field: str) -> None:
        param = self.param
        if param.nms_param.eta != 1:
            layer.warn("nms_param.eta has no effect here, only in DetectionOutput")
        if self.mining.type != "NONE" and not param.share_location:
            layer.fail(
                f"mining_type: {self.mining.type} needs share_location: true",
                field=f"{field}.share_location",
                hint="write mining_type: NONE, or share the boxes among the classes",
            )
        if self.softmax and self.background < 0:
            layer.fail(
                "conf_loss_type: SOFTMAX needs a background class, but background_label_id is -1",
                field=f"{field}.background_label_id",
            )
        if param.map_object_to_agnostic and self.classes != (2 if self.background >= 0 else 1):
            layer.fail(
                f"map_object_to_agnostic leaves one class besides the background, but num_classes is {self.classes}",
                field=f"{field}.map_object_to_agnostic",
            )

    def label_of(self, labels: np.ndarray) -> np.ndarray:
        """Return the classes that objects of these labels count as."""
        if self.param.map_object_to_agnostic:
            return np.full_like(labels, self.background == 0)
        return labels
