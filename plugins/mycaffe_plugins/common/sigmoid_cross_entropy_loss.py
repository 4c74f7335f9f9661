"""The SigmoidCrossEntropyLoss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.functions import sigmoid, softplus
from mycaffe_py.layer import LossLayer
from mycaffe_py.plugins import Only

from .normalization import ONE_NORMALIZATION, PRE_FIXED_NORMALIZER, Normalization


class SigmoidCrossEntropyLoss(LossLayer):
    """Cross entropy of independent binary predictions: a sigmoid and its logarithm.

    Bottoms: scores x and targets t, usually from 0 to 1, equally many elements; top: a scalar.
    y = sum(max(x, 0) - x t + log(1 + exp(-|x|))) / n; dx = dy * (sigmoid(x) - t) / n. Elements whose
    target, truncated to a whole number, is ``loss_param.ignore_label`` add nothing. n by
    ``loss_param.normalization``: the first dimension (BATCH_SIZE, the default here), elements that are not
    ignored (VALID), all elements (FULL), ``pre_fixed_normalizer`` (PRE_FIXED), 1 (NONE).

    With ``loss_param.class_balanced``, the rule of HED, elements with target 1 count by the share of targets 0
    among the item's targets 0 and 1, those with target 0 by the share of targets 1, and others not at all.
    """

    recordable = True

    type = "SigmoidCrossEntropyLoss"
    parameters = ("loss_param",)
    conditions = (
        ONE_NORMALIZATION,
        PRE_FIXED_NORMALIZER,
        Only("loss_param.weight_by_label_freqs", "loss_param.class_weighting", when="never"),
    )
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how to normalize and what to ignore."""
        loss = self.param.loss_param
        self.normalization = Normalization(loss, "BATCH_SIZE")
        self.ignore_label = loss.ignore_label if loss.HasField("ignore_label") else None
        self.balanced = loss.class_balanced
        self._weighs = self.balanced or self.ignore_label is not None
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
        softplus(xp, x, cost, scratch)
        xp.multiply(x, t, out=scratch)
        xp.subtract(cost, scratch, out=cost)
        valid = self._weigh(cost, t) if self._weighs else None
        full, batch = bottom[0].count, bottom[0].count_axes(0, 1)
        self.normalizer = self.normalization.divisor(full, batch, valid)
        top[0].data[...] = xp.sum(cost) / self.normalizer

    def _weigh(self, cost: Any, t: Any) -> Any:
        """Multiply the costs by what each element counts, and return how many do, if that is asked for."""
        xp, counted = self.xp, self._counted.data
        if self.ignore_label is None:
            counted.fill(1)
        else:
            xp.trunc(t, out=counted)
            xp.not_equal(counted, self.ignore_label, out=counted)
        if self.balanced:
            self._balance(counted, t)
        valid = None
        if self.normalization.mode == "VALID":
            valid = xp.sum(counted != 0, dtype=self.dtype)
            if self.device.is_host:
                valid = int(valid.item())
        xp.multiply(cost, counted, out=cost)
        return valid

    def _balance(self, counted: Any, t: Any) -> None:
        """Multiply what counts by the share of the other target in its item."""
        if not counted.size:
            return
        xp, rows = self.xp, (counted.shape[0] if counted.ndim else 1, -1)
        counted, t = counted.reshape(rows), t.reshape(rows)
        ones, zeros = ((t == value) * counted for value in (1, 0))
        some, others = (xp.sum(each, axis=1, keepdims=True) for each in (ones, zeros))
        both = xp.maximum(some + others, 1)
        counted[...] = ones * (others / both) + zeros * (some / both)

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
        if self._weighs:
            xp.multiply(dx, self._counted.data, out=dx)
