"""The MultinomialLogisticLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer

from .labels import Labels

_SMALLEST = 1e-20


class MultinomialLogisticLoss(LossLayer):
    """Cross entropy of probabilities against class labels.

    Bottoms: p of N items, the other axes taken together as classes, and N labels; top: a scalar. p must be
    probabilities; for scores, use SoftmaxWithLoss. y = -sum log(max(p_label, 1e-20)) / N;
    dp_label = -dy / (N max(p_label, 1e-20)), 0 for the other classes. Without ``loss_param``.
    """

    recordable = True

    type = "MultinomialLogisticLoss"
    parameters = ()
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Allocate a buffer for the probability of each label and its logarithm."""
        self.labels = Labels(self)
        self._picked, self._logarithm = map(self.working_blob, ("picked", "logarithm"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the probabilities; the top is a scalar."""
        super().reshape(bottom, top)
        items, classes = bottom[0].count_axes(0, 1), bottom[0].count_axes(1)
        self.labels.reshape(bottom[0], bottom[1], (items, classes, 1))
        self._picked.reshape(items)
        self._logarithm.reshape(items)
        self.items = max(1, items)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean of -log(p_label)."""
        xp, picked, logarithm = self.xp, self._picked.data, self._logarithm.data
        self.labels.read()
        xp.take(bottom[0].data.reshape(-1), self.labels.places, out=picked)
        xp.maximum(picked, _SMALLEST, out=picked)
        xp.log(picked, out=logarithm)
        top[0].data[...] = (0 - xp.sum(logarithm)) / self.items  # 0 stays 0, not -0

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write -1 / (N p_label) for each label, times the loss weight."""
        self.refuse_label_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        dp = bottom[0].diff.reshape(-1)
        dp.fill(0)
        dp[self.labels.places] = (top[0].diff * (-1 / self.items)) / self._picked.data

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return probabilities."""
        return rng.uniform(0.2, 1, shapes[0]) if bottom_index == 0 else None
