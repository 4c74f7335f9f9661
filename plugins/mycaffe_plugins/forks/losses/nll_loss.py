"""The NLLLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_plugins.common import (
    NO_CLASS_WEIGHTS,
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
    Labels,
    Normalization,
    class_sizes,
)
from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer, blob_axis


class NLLLoss(LossLayer):
    """Negative log-likelihood of class labels, from logarithms of probabilities.

    Bottoms: x, logarithms of probabilities with the classes along ``axis`` (default 1), such as Softmax gives with
    ``algorithm: LOG``, and one label for each item; top: a scalar.
    y = -sum(x_label) / n; dx_label = -dy / n, 0 for the other classes. ``loss_param`` sets n and
    ``ignore_label`` as for SoftmaxWithLoss. From plain probabilities, as MyCaffe's files give it in testing,
    y is minus their mean, between -1 and 0.
    """

    recordable = True

    type = "NLLLoss"
    aliases = ("NLL_LOSS",)
    fork = "MyCaffe"
    parameters = ("nll_loss_param", "loss_param")
    conditions = (ONE_NORMALIZATION, PRE_FIXED_NORMALIZER, NO_CLASS_WEIGHTS)
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how to normalize and what to ignore."""
        loss = self.param.loss_param
        self.normalization = Normalization(loss)
        self.labels = Labels(self, loss.ignore_label if loss.HasField("ignore_label") else None)
        self._picked = self.working_blob("picked")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against x; the top is a scalar."""
        super().reshape(bottom, top)
        axis = self.param.nll_loss_param.axis
        axis = blob_axis(self, bottom[0], axis, "nll_loss_param.axis")
        self.sizes = class_sizes(bottom[0], axis)
        self.labels.reshape(bottom[0], bottom[1], self.sizes)
        self._picked.reshape(bottom[1].count)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write minus the mean of x_label."""
        self.labels.read()
        xp, labels, picked = self.xp, self.labels, self._picked.data
        xp.take(bottom[0].data.reshape(-1), labels.places, out=picked)
        if labels.counted is not None:
            xp.multiply(picked, labels.counted, out=picked)
        outer, _, inner = self.sizes
        self.normalizer = self.normalization.divisor(outer * inner, outer, labels.count)
        top[0].data[...] = (0 - xp.sum(picked)) / self.normalizer  # 0 stays 0, not -0

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write -1 / n for each label, times the loss weight."""
        self.refuse_label_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        labels, dx = self.labels, bottom[0].diff.reshape(-1)
        dx.fill(0)
        step = top[0].diff / self.normalizer
        dx[labels.places] = -step if labels.counted is None else -step * labels.counted
