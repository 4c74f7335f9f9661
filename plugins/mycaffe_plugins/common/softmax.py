"""The Softmax layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.functions import log_softmax, softmax
from mycaffe_py.layer import TRAIN, blob_axis, enum_name

from .class_weights import NO_CLASS_FACTORS
from .labels import class_sizes
from .neuron import NeuronLayer


class Softmax(NeuronLayer):
    """Converts scores to probabilities, along one axis.

    Bottom x of any shape, top y of the same shape; may work in place. Along ``axis`` (default 1)
    y_k = exp(x_k) / sum_j exp(x_j); dx_k = y_k * (dy_k - sum_j dy_j y_j).
    With ``algorithm: LOG``, MyCaffe's, y_k = x_k - log(sum_j exp(x_j)) and dx_k = dy_k - exp(y_k) sum_j dy_j;
    ``algorithm_train`` is the algorithm of the phase TRAIN.
    """

    recordable = True

    type = "Softmax"
    parameters = ("softmax_param",)
    conditions = (NO_CLASS_FACTORS,)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read which form is meant; allocate a buffer for one value per item and for a product."""
        param = self.param.softmax_param
        in_training = self.phase == TRAIN and param.HasField("algorithm_train")
        self.logarithms = (
            enum_name(param, "algorithm_train" if in_training else "algorithm") == "LOG"
        )
        self.row, self.product = map(self.working_blob, ("row", "product"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the top the bottom's shape."""
        super().reshape(bottom, top)
        axis = blob_axis(self, bottom[0], self.param.softmax_param.axis, "softmax_param.axis")
        outer, classes, inner = self.sizes = class_sizes(bottom[0], axis)
        self.row.reshape(outer, 1, inner)
        self.product.reshape(outer, classes, inner)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the probabilities, or their logarithms."""
        x, y = bottom[0].data.reshape(self.sizes), top[0].data.reshape(self.sizes)
        if self.logarithms:
            log_softmax(self.xp, x, 1, y, self.row.data, self.product.data)
        else:
            softmax(self.xp, x, 1, y, self.row.data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write y * (dy - sum(dy * y)); for logarithms dy - exp(y) * sum(dy)."""
        if not propagate_down[0]:
            return
        xp, row, product = self.xp, self.row.data, self.product.data
        y, dy = top[0].data.reshape(self.sizes), top[0].diff.reshape(self.sizes)
        dx = bottom[0].diff.reshape(self.sizes)
        if self.logarithms:
            xp.exp(y, out=product)
            xp.sum(dy, axis=1, out=row, keepdims=True)
            xp.multiply(product, row, out=product)
            xp.subtract(dy, product, out=dx)
            return
        xp.multiply(dy, y, out=product)
        xp.sum(product, axis=1, out=row, keepdims=True)
        xp.subtract(dy, row, out=dx)
        xp.multiply(dx, y, out=dx)
