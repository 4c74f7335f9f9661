"""The base class of the losses that begin with a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from mycaffe_py.blob import Blob
from mycaffe_py.functions import softmax
from mycaffe_py.layer import LossLayer, blob_axis
from mycaffe_py.plugins import Only

from .labels import Labels, class_sizes
from .normalization import Normalization

NO_ALGORITHM = Only("softmax_param.algorithm", "softmax_param.algorithm_train", when="never")
"""The condition of losses with a ``softmax_param``: they compute both, probabilities and their logarithms."""


class SoftmaxLoss(LossLayer):
    """Base: probabilities p by softmax along the class axis, labels, ignored items, normalization.

    The optional second top is p. ``axis_message`` is the message whose ``axis`` is the class axis.
    """

    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = False
    axis_message: ClassVar[str]

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how to normalize and what to ignore."""
        loss = self.param.loss_param
        self.normalization = Normalization(loss)
        self.labels = Labels(self, loss.ignore_label if loss.HasField("ignore_label") else None)
        self._probability, self._row = map(self.working_blob, ("probability", "row"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores; the first top is a scalar, the second like the scores."""
        super().reshape(bottom, top)
        axis = getattr(self.param, self.axis_message).axis
        axis = blob_axis(self, bottom[0], axis, f"{self.axis_message}.axis")
        outer, _, inner = self.sizes = class_sizes(bottom[0], axis)
        self.labels.reshape(bottom[0], bottom[1], self.sizes)
        self._row.reshape(outer, 1, inner)
        self.probability = top[1] if len(top) > 1 else self._probability
        self.probability.reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the labels, compute the probabilities and ``self.normalizer``."""
        self.labels.read()
        p = self.probability.data.reshape(self.sizes)
        softmax(self.xp, bottom[0].data.reshape(self.sizes), 1, p, self._row.data)
        outer, _, inner = self.sizes
        self.normalizer = self.normalization.divisor(outer * inner, outer, self.labels.count)
