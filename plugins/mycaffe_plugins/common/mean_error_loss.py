"""The MEAN_ERROR_LOSS layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer, enum_name
from mycaffe_py.plugins import Only

from .class_weights import NO_CLASS_WEIGHTS
from .normalization import ONE_NORMALIZATION, PRE_FIXED_NORMALIZER, Normalization


class MeanErrorLoss(LossLayer):
    """Mean absolute or mean squared error.

    Bottoms: prediction p and target t, equally many elements; top: a scalar. MAE: y = sum(|p - t|) / n, dp = dy *
    sign(p - t) / n. MSE: y = sum((p - t)^2) / n, dp = dy * 2 (p - t) / n. dt = -dp. By ``loss_param.normalization`` n
    is the number of elements (VALID, the default, and FULL), the product of the dimensions before ``axis``
    (BATCH_SIZE), ``pre_fixed_normalizer`` (PRE_FIXED) or 1 (NONE). With ``skip_missing``, elements whose target is NaN
    add nothing and get no gradient, and VALID counts the others; if there are none, y = 0. A prediction that is NaN
    makes y NaN in any case.
    """

    recordable = True

    type = "MEAN_ERROR_LOSS"
    aliases = ("MeanErrorLoss",)
    parameters = ("mean_error_loss_param", "loss_param")
    conditions = (
        ONE_NORMALIZATION,
        PRE_FIXED_NORMALIZER,
        NO_CLASS_WEIGHTS,
        Only("loss_param.ignore_label", when="never"),
        Only(
            "mean_error_loss_param.axis",
            when="loss_param { normalization: BATCH_SIZE }",
            test=lambda param: Normalization(param.loss_param).mode == "BATCH_SIZE",
        ),
    )
    label_bottoms = ()
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the kind of error and allocate buffers for it."""
        param = self.param.mean_error_loss_param
        self.squared = enum_name(param, "mean_error_type") == "MSE"
        self.skip_missing = param.skip_missing
        self.normalization = Normalization(self.param.loss_param)
        self.error, self.magnitude = map(self.working_blob, ("error", "magnitude"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms, find the normalizer; the top is a scalar."""
        super().reshape(bottom, top)
        self.require_same_count(bottom)
        self.error.reshape_like(bottom[0])
        self.magnitude.reshape_like(bottom[0])
        axis = self.param.mean_error_loss_param.axis
        if not -bottom[0].num_axes <= axis <= max(1, bottom[0].num_axes):
            self.fail(
                f'axis {axis} is out of range for bottom "{bottom[0].name}" {bottom[0].shape}',
                field="mean_error_loss_param.axis",
            )
        self._full, self._batch = bottom[0].count, bottom[0].count_axes(0, axis)
        self.normalizer = self.normalization.divisor(self._full, self._batch)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the errors over the normalizer."""
        error = self.error.data
        p, t = bottom[0].data, bottom[1].data.reshape(error.shape)
        if self.skip_missing:
            t = self._fill_missing(p, t)
        self.xp.subtract(p, t, out=error)
        if self.squared:
            flat = error.reshape(-1)
            total = self.xp.dot(flat, flat)
        else:
            self.xp.absolute(error, out=self.magnitude.data)
            total = self.xp.sum(self.magnitude.data)
        top[0].data[...] = total / self.normalizer

    def _fill_missing(self, p: Any, t: Any) -> Any:
        """Return the targets, with the predictions where they are NaN, in the buffer of the errors; count the others.

        There p - p is 0, or NaN if the prediction is.
        """
        xp, filled, missing = self.xp, self.error.data, self.xp.isnan(t)
        xp.copyto(filled, t)
        xp.copyto(filled, p, where=missing)
        lacking = xp.sum(missing, dtype=self.dtype)
        observed = self._full - (int(lacking.item()) if self.device.is_host else lacking)
        self.normalizer = self.normalization.divisor(self._full, self._batch, observed)
        return filled

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient to the prediction and its negative to the target."""
        for blob, sign, wanted in zip(bottom, (1, -1), propagate_down, strict=True):
            if not wanted:
                continue
            error = self.error.data.reshape(blob.shape)
            factor = sign * (2 if self.squared else 1) / self.normalizer
            if self.squared:
                self.xp.multiply(error, top[0].diff * factor, out=blob.diff)
            else:
                self.xp.sign(error, out=blob.diff)
                self.xp.multiply(blob.diff, top[0].diff * factor, out=blob.diff)
