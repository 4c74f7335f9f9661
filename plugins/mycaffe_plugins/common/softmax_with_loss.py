"""The SoftmaxWithLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob

from .normalization import ONE_NORMALIZATION
from .softmax_loss import SoftmaxLoss

# Caffe's bound in both precisions: the smallest normal float32.
_SMALLEST = float(np.finfo(np.float32).tiny)


class SoftmaxWithLoss(SoftmaxLoss):
    """Cross entropy of scores against class labels: a softmax and its logarithm.

    Bottoms: scores x, classes along ``softmax_param.axis`` (default 1), and one label for each item, such as
    (N) for (N, C) or (N, 1, H, W) for (N, C, H, W). Tops: a scalar and, if wanted, p = softmax(x).
    y = -sum log(max(p_label, 1.18e-38)) / n; dx = dy * (p - [k == label]) / n. Items with
    ``loss_param.ignore_label`` add nothing. n by ``loss_param.normalization``: items that are not ignored
    (VALID, the default), all items (FULL), the product of the dimensions before the axis (BATCH_SIZE), 1
    (NONE). A label that is not a class is an error.
    """

    recordable = True

    type = "SoftmaxWithLoss"
    aliases = ("Softmax_Loss",)
    parameters = ("softmax_param", "loss_param")
    conditions = (ONE_NORMALIZATION,)
    axis_message = "softmax_param"

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Allocate a buffer for the probability of each label."""
        super().setup(bottom, top)
        self._picked = self.working_blob("picked")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores and shape the tops."""
        super().reshape(bottom, top)
        self._picked.reshape(bottom[1].count)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean of -log(p_label)."""
        super().forward(bottom, top)
        xp, labels, picked = self.xp, self.labels, self._picked.data
        xp.take(self.probability.data.reshape(-1), labels.places, out=picked)
        xp.maximum(picked, _SMALLEST, out=picked)
        xp.log(picked, out=picked)
        if labels.counted is not None:
            xp.multiply(picked, labels.counted, out=picked)
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
        if labels.counted is not None:
            outer, _, inner = self.sizes
            dx = dx.reshape(self.sizes)
            xp.multiply(dx, labels.counted.reshape(outer, 1, inner), out=dx)
