"""Weights of the classes in a loss, by SegNet's settings of ``loss_param``."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import Only

from .labels import Labels

NO_CLASS_WEIGHTS = Only(
    "loss_param.weight_by_label_freqs",
    "loss_param.class_weighting",
    "loss_param.class_balanced",
    when="never",
)
"""The condition of loss layers that read a ``loss_param``, but do not weight classes."""
WEIGHTS_NEED_SWITCH = Only("loss_param.class_weighting", when="loss_param.weight_by_label_freqs")
"""The condition of those that weight classes as SegNet does."""
NOT_BALANCED = Only("loss_param.class_balanced", when="never")
"""The condition of those that do not weight them as HED does."""
NO_CLASS_FACTORS = Only("softmax_param.pos_mult", "softmax_param.pos_cid", when="never")
"""The condition of layers that read a ``softmax_param``, but no factors of classes in it."""


class ClassWeights:
    """The weight of each item's class: ``class_weighting``, one for each class.

    Without them, as in SegNet's first version, the weight is 1 / (number of items of that class in the batch).
    """

    def __init__(self, layer: Layer):
        self._layer, self._xp = layer, layer.xp
        loss = layer.param.loss_param
        self.in_use = bool(loss.weight_by_label_freqs)
        self._given = list(loss.class_weighting) if self.in_use else []
        self._weights = layer.working_blob("class_weights")
        self._of_items = layer.working_blob("item_weights")

    def reshape(self, scores: Blob, classes: int, items: int) -> None:
        """Check that there is a weight for each class of the bottom ``scores``."""
        if self._given and len(self._given) != classes:
            self._layer.fail(
                f"class_weighting is given {len(self._given)} times, but there are {classes} classes in "
                f'bottom "{scores.name}" {scores.shape}',
                field="loss_param.class_weighting",
                hint="write it once for each class, in their order",
            )
        self._of_items.reshape(items)
        if self._weights.shape == (classes,):
            return
        self._weights.reshape(classes)
        if self._given:  # once, as it sends them to the device
            weights = np.array(self._given, dtype=self._layer.dtype)
            self._weights.data[...] = self._layer.device.asarray(weights)

    def read(self, labels: Labels) -> Any:
        """Return the weight of each item, 0 for ignored ones; ``labels`` have been read."""
        xp, weights, found = self._xp, self._weights.data, self._of_items.data
        if not self._given:
            weights.fill(0)
            if labels.counted is None:
                found.fill(1)
            else:
                xp.copyto(found, labels.counted)
            xp.add.at(weights, labels.index, found)
            xp.maximum(weights, 1, out=weights)
            xp.divide(1, weights, out=weights)
        xp.take(weights, labels.index, out=found)
        if labels.counted is not None:
            xp.multiply(found, labels.counted, out=found)
        return found
