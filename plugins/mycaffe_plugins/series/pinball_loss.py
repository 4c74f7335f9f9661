"""The PINBALL_LOSS layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.functions import pinball, pinball_slope
from mycaffe_py.layer import LossLayer
from mycaffe_py.wording import counted


class PinballLoss(LossLayer):
    """Loss of quantiles: trains predictions below which given shares of the targets lie.

    Bottoms: y (N, O * Q), for each of O values the predictions of its Q quantiles, side by side; target t (N, O). Top:
    a scalar, the mean of max(q (t - y), (q - 1) (t - y)) over all values and quantiles.
    dy = dloss / (N O Q) * (-q where t > y, 1 - q where t < y, 0 where they are equal); dt = -(the sum of its Q dy).
    With ``skip_missing``, values whose target is NaN add nothing and get no gradient, and the mean is over the
    others; if there are none, the loss is 0. A prediction that is NaN makes the loss NaN in any case.

    Quantile regression: R. Koenker and G. Bassett, Regression Quantiles, Econometrica 46 (1978).
    """

    recordable = True

    type = "PINBALL_LOSS"
    aliases = ("PinballLoss",)
    parameters = ("pinball_loss_param",)
    label_bottoms = ()
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the quantiles."""
        param = self.param.pinball_loss_param
        self.quantiles, self.skip_missing = tuple(param.quantile), param.skip_missing
        self._check_quantiles()
        self._q = self.device.asarray(np.array(self.quantiles), dtype=self.dtype)
        self._error, self._each = map(self.working_blob, ("error", "each"))

    def _check_quantiles(self) -> None:
        field = "pinball_loss_param.quantile"
        if not self.quantiles:
            self.fail(
                "no quantile is given",
                field=field,
                hint="pinball_loss_param { quantile: 0.5 } predicts the median",
            )
        before = 0.0
        for index, quantile in enumerate(self.quantiles):
            if not 0 < quantile < 1:
                self.fail(
                    f"quantile is {quantile:g}, but must be above 0 and below 1",
                    field=f"{field}.{index}",
                )
            if quantile <= before:
                self.fail(
                    f"quantile {quantile:g} follows {before:g}, but they must rise",
                    field=f"{field}.{index}",
                )
            before = quantile

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top is a scalar."""
        super().reshape(bottom, top)
        y, target = bottom
        width, values, quantiles = y.count_axes(1), target.count_axes(1), len(self.quantiles)
        if width != values * quantiles:
            self.fail(
                f'bottom "{y.name}" {y.shape} has {counted(width, "number")} for each item, expected '
                f"{values * quantiles}: {counted(quantiles, 'quantile')} of {counted(values, 'value')} in bottom "
                f'"{target.name}" {target.shape}',
                field="pinball_loss_param.quantile",
                hint=f"set num_output to {values * quantiles} in the layer that makes the predictions, or change "
                "the quantiles",
            )
        self._view = (target.count, quantiles)
        self._error.reshape(self._view)
        self._each.reshape(self._view)
        self.normalizer: Any = max(1, y.count)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean of the losses."""
        xp, error, each = self.xp, self._error.data, self._each.data
        y, target = bottom[0].data.reshape(self._view), bottom[1].data.reshape(-1, 1)
        if self.skip_missing:
            target = self._fill_missing(y, target)
        xp.subtract(target, y, out=error)
        pinball(xp, error, self._q, each)
        top[0].data[...] = xp.sum(each) / self.normalizer

    def _fill_missing(self, y: Any, target: Any) -> Any:
        """Return the targets of each quantile, with the predictions where they are NaN; count the others.

        There y - y is 0, or NaN if the prediction is.
        """
        xp, filled, missing = self.xp, self._error.data, self.xp.isnan(target)
        xp.copyto(filled, target)
        xp.copyto(filled, y, where=missing)
        observed = self._view[0] - xp.sum(missing, dtype=self.dtype)
        self.normalizer = observed.clip(1) * self._view[1]
        return filled

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of the predictions and of the targets."""
        each = self._each.data
        pinball_slope(self.xp, self._error.data, self._q, each)
        self.xp.multiply(each, top[0].diff / self.normalizer, out=each)
        if propagate_down[0]:
            self.xp.copyto(bottom[0].diff, each.reshape(bottom[0].shape))
        if propagate_down[1]:
            self.xp.negative(each.sum(axis=1).reshape(bottom[1].shape), out=bottom[1].diff)
