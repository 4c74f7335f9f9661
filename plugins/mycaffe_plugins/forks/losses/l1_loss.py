"""The L1Loss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer
from mycaffe_py.plugins import Only

_FIELD = "l1_loss_param"


class L1Loss(LossLayer):
    """Absolute error, or the length of the error at each place, as FlowNet learns flow (Dosovitskiy et al. 2015).

    Bottoms: x and, if given, a target t of the same shape, such as (N, C, H, W); top: a scalar. d = x - t, or x
    alone. Elements where d is NaN, which have no target, add nothing and get no gradient.
    y = sum |d| / n; dx = dy * sign(d) / n; dt = -dx. With ``l2_per_location``
    y = sum sqrt(s + epsilon) / n, s being the sum over the channels (axis 1) of d^2, or their mean
    with ``l2_prescale_by_channels``; dx = dy * d / (n sqrt(s + epsilon)), over C with the mean.
    n is the batch size, or with ``normalize_by_num_entries`` the number of elements that are not NaN, over C.
    Where |d| < ``plateau``, or s < plateau^2, d or s is taken as 0, without gradient.
    """

    recordable = True

    type = "L1Loss"
    fork = "FlowNet"
    parameters = (_FIELD,)
    conditions = (
        Only(f"{_FIELD}.epsilon", f"{_FIELD}.l2_prescale_by_channels", when="l2_per_location"),
    )
    exact_num_bottom_blobs = None
    min_bottom_blobs = 1
    max_bottom_blobs = 2
    label_bottoms = ()
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and allocate buffers."""
        param = self.param.l1_loss_param
        for name in ("epsilon", "plateau"):
            if not getattr(param, name) >= 0:
                self.fail(
                    f"{name} is {getattr(param, name):g}, but must not be negative",
                    field=f"{_FIELD}.{name}",
                )
        self.by_location = param.l2_per_location
        self.counts = param.normalize_by_num_entries
        self._difference, self._work, self._length = map(
            self.working_blob, ("difference", "work", "length")
        )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top is a scalar."""
        x = bottom[0]
        if len(bottom) > 1:
            super().reshape(bottom, top)
            self.require_same_count(bottom)
        top[0].reshape(())
        if x.num_axes < 2:
            self.fail(
                f'bottom "{x.name}" {x.shape} must have at least 2 axes: axis 1 is the channels'
            )
        self._sizes = outer, channels, inner = x.shape[0], x.shape[1], x.count_axes(2)
        self._difference.reshape(*self._sizes)
        self._work.reshape(*self._sizes)
        if self.by_location:
            self._length.reshape(outer, 1, inner)
        self._channels = max(1, channels)
        self._share = (
            1 / self._channels if self.param.l1_loss_param.l2_prescale_by_channels else 1.0
        )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the errors over n."""
        xp, difference, work = self.xp, self._difference.data, self._work.data
        x, *target = (blob.data.reshape(self._sizes) for blob in bottom)
        if target:
            xp.subtract(x, target[0], out=difference)
        else:
            xp.copyto(difference, x)
        missing = xp.isnan(difference)
        xp.copyto(difference, 0, where=missing)
        self._normalizer = max(1, self._sizes[0])
        if self.counts:
            entries = (difference.size - xp.sum(missing, dtype=self.dtype)) / self._channels
            self._normalizer = entries + (entries == 0)
        plateau = self.param.l1_loss_param.plateau
        if self.by_location:
            total = self._sum_of_lengths(difference, work, plateau)
        else:
            xp.absolute(difference, out=work)
            if plateau:
                small = work < plateau
                xp.copyto(difference, 0, where=small)
                xp.copyto(work, 0, where=small)
            total = xp.sum(work)
        top[0].data[...] = total / self._normalizer

    def _sum_of_lengths(self, difference: Any, work: Any, plateau: float) -> Any:
        """Return the sum of sqrt(s + epsilon); leaves the roots behind, and 0 as the differences of the plateau."""
        xp, length = self.xp, self._length.data
        xp.multiply(difference, difference, out=work)
        xp.sum(work, axis=1, keepdims=True, out=length)
        xp.multiply(length, self._share, out=length)
        if plateau:
            small = length < plateau * plateau
            xp.copyto(length, 0, where=small)
            xp.copyto(difference, 0, where=small)
        xp.add(length, self.param.l1_loss_param.epsilon, out=length)
        xp.sqrt(length, out=length)
        return xp.sum(length)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the slope of the error to x and its negative to the target."""
        xp, difference, work = self.xp, self._difference.data, self._work.data
        if self.by_location:
            # Where a root is 0, so is the difference: its slope is taken as 0.
            length = self._length.data
            xp.divide(difference, length + (length == 0), out=work)
            scale = top[0].diff * self._share / self._normalizer
        else:
            xp.sign(difference, out=work)
            scale = top[0].diff / self._normalizer
        for blob, sign, wanted in zip(bottom, (1, -1), propagate_down, strict=False):
            if wanted:
                xp.multiply(work, sign * scale, out=blob.diff.reshape(self._sizes))
