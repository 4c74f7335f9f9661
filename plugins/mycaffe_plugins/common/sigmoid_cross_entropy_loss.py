"""The SigmoidCrossEntropyLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.functions import sigmoid
from mycaffe_py.layer import LossLayer

from .normalization import ONE_NORMALIZATION, Normalization


class SigmoidCrossEntropyLoss(LossLayer):
    """Cross entropy of independent binary predictions: a sigmoid and its logarithm.

    Bottoms: scores x and targets t, usually from 0 to 1, equally many elements; top: a scalar.
    y = sum(max(x, 0) - x t + log(1 + exp(-|x|))) / n; dx = dy * (sigmoid(x) - t) / n. Elements whose
    target, truncated to a whole number, is ``loss_param.ignore_label`` add nothing. n by
    ``loss_param.normalization``: the first dimension (BATCH_SIZE, the default here), elements that are not
    ignored (VALID), all elements (FULL), 1 (NONE).
    """

    recordable = True

    type = "SigmoidCrossEntropyLoss"
    parameters = ("loss_param",)
    conditions = (ONE_NORMALIZATION,)
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how to normalize and what to ignore."""
        loss = self.param.loss_param
        self.normalization = Normalization(loss, "BATCH_SIZE")
        self.ignore_label = loss.ignore_label if loss.HasField("ignore_label") else None
        self._cost, self._scratch, self._counted = map(
            self.working_blob, ("cost", "scratch", "counted")
        )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top is a scalar."""
        super().reshape(bottom, top)
        self.require_same_count(bottom)
        for blob in (self._cost, self._scratch, self._counted):
            blob.reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the costs over the normalizer."""
        xp, cost, scratch = self.xp, self._cost.data, self._scratch.data
        x, t = bottom[0].data, bottom[1].data.reshape(bottom[0].shape)
        xp.absolute(x, out=scratch)
        xp.negative(scratch, out=scratch)
        xp.exp(scratch, out=scratch)
        xp.log1p(scratch, out=cost)
        xp.maximum(x, 0, out=scratch)
        xp.add(cost, scratch, out=cost)
        xp.multiply(x, t, out=scratch)
        xp.subtract(cost, scratch, out=cost)
        valid = None
        if self.ignore_label is not None:
            counted = self._counted.data
            xp.trunc(t, out=counted)
            xp.not_equal(counted, self.ignore_label, out=counted)
            xp.multiply(cost, counted, out=cost)
            if self.normalization.mode == "VALID":
                valid = counted.sum()
                if self.device.is_host:
                    valid = int(valid.item())
        full, batch = bottom[0].count, bottom[0].count_axes(0, 1)
        self.normalizer = self.normalization.divisor(full, batch, valid)
        top[0].data[...] = xp.sum(cost) / self.normalizer

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write sigmoid(x) - t over the normalizer, times the loss weight."""
        self.refuse_label_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, dx = self.xp, bottom[0].diff
        sigmoid(xp, bottom[0].data, dx)
        xp.subtract(dx, bottom[1].data.reshape(dx.shape), out=dx)
        xp.multiply(dx, top[0].diff / self.normalizer, out=dx)
        if self.ignore_label is not None:
            xp.multiply(dx, self._counted.data, out=dx)
