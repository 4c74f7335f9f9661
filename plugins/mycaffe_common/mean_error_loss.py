"""The MEAN_ERROR_LOSS layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer, enum_name

from .normalization import Normalization


class MeanErrorLoss(LossLayer):
    """Mean absolute or mean squared error.

    Bottoms: prediction p and target t, equally many elements; top: a scalar.
    MAE: y = sum(|p - t|) / n, dp = dy * sign(p - t) / n. MSE: y = sum((p - t)^2) / n,
    dp = dy * 2 (p - t) / n. dt = -dp. By ``loss_param.normalization`` n is the number of elements
    (VALID, the default, and FULL), the product of the dimensions before ``axis`` (BATCH_SIZE) or
    1 (NONE).
    """

    type = "MEAN_ERROR_LOSS"
    aliases = ("MeanErrorLoss",)
    parameters = ("mean_error_loss_param", "loss_param")
    label_bottoms = ()
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the kind of error and allocate buffers for it."""
        self.squared = enum_name(self.param.mean_error_loss_param, "mean_error_type") == "MSE"
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
        batch = bottom[0].count_axes(0, axis)
        self.normalizer = self.normalization.divisor(bottom[0].count, batch)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the errors over the normalizer."""
        error = self.error.data
        self.xp.subtract(bottom[0].data, bottom[1].data.reshape(error.shape), out=error)
        if self.squared:
            flat = error.reshape(-1)
            total = self.xp.dot(flat, flat)
        else:
            self.xp.absolute(error, out=self.magnitude.data)
            total = self.xp.sum(self.magnitude.data)
        top[0].data[...] = total / self.normalizer

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
