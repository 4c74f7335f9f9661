"""The SoftmaxWithLoss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.plugins import Only

from .class_weights import NO_CLASS_FACTORS, NOT_BALANCED, WEIGHTS_NEED_SWITCH, ClassWeights
from .normalization import ONE_NORMALIZATION, PRE_FIXED_NORMALIZER
from .softmax_loss import NO_ALGORITHM, SoftmaxLoss

SMALLEST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""Caffe's bound of probabilities whose logarithm is taken, in both precisions: the smallest normal float32."""


class SoftmaxWithLoss(SoftmaxLoss):
    """Cross entropy of scores against class labels: a softmax and its logarithm.

    Bottoms: scores x, classes along ``softmax_param.axis`` (default 1), and one label for each item, such as
    (N) for (N, C) or (N, 1, H, W) for (N, C, H, W). Tops: a scalar and, if wanted, p = softmax(x).
    y = -sum log(max(p_label, 1.18e-38)) / n; dx = dy * (p - [k == label]) / n. Items with
    ``loss_param.ignore_label`` add nothing. n by ``loss_param.normalization``: items that are not ignored
    (VALID, the default), all items (FULL), the product of the dimensions before the axis (BATCH_SIZE),
    ``pre_fixed_normalizer`` (PRE_FIXED), 1 (NONE). A label that is not a class is an error.

    With ``loss_param.weight_by_label_freqs``, as in SegNet, each item's cost and gradient are multiplied by the
    ``class_weighting`` of its label, one for each class in their order; n stays a number of items. Without
    ``class_weighting`` they are divided by the number of items with that label in the batch.
    """

    recordable = True

    type = "SoftmaxWithLoss"
    aliases: ClassVar[tuple[str, ...]] = ("Softmax_Loss",)
    parameters = ("softmax_param", "loss_param")
    conditions: ClassVar[tuple[Only, ...]] = (
        ONE_NORMALIZATION,
        PRE_FIXED_NORMALIZER,
        WEIGHTS_NEED_SWITCH,
        NOT_BALANCED,
        NO_ALGORITHM,
        NO_CLASS_FACTORS,
    )
    axis_message = "softmax_param"

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Allocate a buffer for the probability of each label."""
        super().setup(bottom, top)
        self._picked = self.working_blob("picked")
        self.logarithms: Any = None
        """After forward: log of each label's probability, 0 where ignored, times the weight of its class."""
        self._class_weights = ClassWeights(self)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores and shape the tops."""
        super().reshape(bottom, top)
        self._picked.reshape(bottom[1].count)
        if self._class_weights.in_use:
            self._class_weights.reshape(bottom[0], self.sizes[1], bottom[1].count)

    def item_factor(self, bottom: Sequence[Blob]) -> Any:
        """Return what each item counts: 0 if it is ignored, else 1 or the weight of its class; None if all count 1."""
        if self._class_weights.in_use:
            return self._class_weights.read(self.labels)
        return self.labels.counted

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean of -log(p_label)."""
        super().forward(bottom, top)
        xp, labels, picked = self.xp, self.labels, self._picked.data
        xp.take(self.probability.data.reshape(-1), labels.places, out=picked)
        xp.maximum(picked, SMALLEST_PROBABILITY, out=picked)
        xp.log(picked, out=picked)
        self._factor = self.item_factor(bottom)
        if self._factor is not None:
            xp.multiply(picked, self._factor, out=picked)
        self.logarithms = picked
        top[0].data[...] = (0 - xp.sum(picked)) / self.normalizer  # 0 stays 0, not -0

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write (p - [k == label]) / n, times the loss weight."""
        self.refuse_label_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, labels = self.xp, self.labels
        scale = top[0].diff / self.normalizer
        dx = bottom[0].diff
        xp.multiply(self.probability.data, scale, out=dx)
        flat = dx.reshape(-1)
        flat[labels.places] -= scale
        if self._factor is not None:
            outer, _, inner = self.sizes
            dx = dx.reshape(self.sizes)
            xp.multiply(dx, self._factor.reshape(outer, 1, inner), out=dx)
