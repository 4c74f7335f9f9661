"""The BN layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_plugins.common import channels_of
from mycaffe_py.blob import Blob
from mycaffe_py.layer import TEST, Layer, enum_name, given_filler

from .bn_forms import DECAYING, FIELD, MOVING, SEGNET, form_of

_NAMES = ("scale", "shift", "mean", "variance")


class BN(Layer):
    """Batch normalisation as SegNet, PSPNet, DeepLab and others have it: with a factor and an addend for each channel.

    Bottom x (N, C, ...), top y of the same shape; may work in place. Blobs, each (1, C, 1, 1): scale and shift, then
    in PSPNet's and the oldest form mean and variance, which no solver changes. With mean m and variance v,
    y = (x - m) / sqrt(v + eps) * scale + shift. The fields tell the forms apart, see docs/forks.md.

    SegNet, ENet: m and v are the batch's, in testing too, eps is 1e-9; further tops, if any, get m and v.
    ``bn_mode: INFERENCE``: y = x * scale + shift. PSPNet, ICNet, DeepLab: in training the batch's, and stored =
    ``momentum`` * stored + (1 - momentum) * the batch's; in testing, or ``frozen``, the stored ones, which are
    constants on the way back (momentum, which files give all the same, has no effect then). Oldest: stored =
    (1 - ``decay``) * stored + decay * the batch's; testing uses the stored ones only with ``moving_average``. v is
    the mean square, not that with M - 1.
    """

    recordable = True

    type = "BN"
    fork = "SegNet, PSPNet"
    group = "norm"
    parameters = ("bn_param",)
    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    max_top_blobs = 3
    allows_in_place = True

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Find out the form and create the blobs."""
        param = self.param.bn_param
        self.form = form_of(self)
        self.frozen = self.form.name == MOVING and param.frozen
        self.plain = self.form.name == SEGNET and enum_name(param, "bn_mode") == "INFERENCE"
        """Whether only scale and shift are applied."""
        testing = self.phase == TEST and (self.form.name == MOVING or param.moving_average)
        self.uses_stored = self.form.stores and (self.frozen or testing)
        if len(top) > 1 and (self.form.stores or self.plain):
            self.fail(
                "further tops, the batch's mean and variance, are for SegNet's form with bn_mode LEARN"
            )
        self.count = self._channels(bottom[0])
        self._make_blobs()
        self.channels = channels_of(self)
        self._centred = self.working_blob("centred")
        self._inverse: Any = None

    def _channels(self, bottom: Blob) -> int:
        axis = self.form.axis
        if not axis < bottom.num_axes <= 4:
            self.fail(
                f'bottom "{bottom.name}" {bottom.shape} must have {axis + 1} to 4 axes, with channels along axis {axis}'
            )
        return bottom.shape[axis]

    def _make_blobs(self) -> None:
        param, shape = self.param.bn_param, [1, 1, 1, 1]
        shape[self.form.axis] = self.count
        first, second = ("scale_filler", "shift_filler")
        if self.form.name == MOVING and not param.HasField(first):
            first = "slope_filler"
        if self.form.name == MOVING and not param.HasField(second):
            second = "bias_filler"
        fillers = [given_filler(param, first), given_filler(param, second)]
        if self.form.stores:
            fillers += [None, 1 if self.frozen else None]
        for name, filler in zip(_NAMES, fillers, strict=False):
            self.add_blob(shape, filler, name)
        for index in range(0 if self.frozen else 2, len(fillers)):
            specs = self.param.param
            while len(specs) <= index:
                specs.add()
            specs[index].lr_mult = specs[index].decay_mult = 0

    def check_loaded(self, saved: Any) -> None:
        """Refuse the weights of a form with another number of blobs."""
        count = len(saved.blobs)
        if count in (2, 4) and count != len(self.blobs):
            other = "bn_mode: INFERENCE" if count == 2 else "momentum: 0.9"
            self.fail(
                f"the weights hold {count} blobs, but this is {self.form.name} form of BN, with {len(self.blobs)}",
                field=FIELD,
                hint=f"if the file is meant for these weights, write bn_param {{ {other} }}",
            )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the number of channels is that at setup; the top has the bottom's shape."""
        x, axis = bottom[0], self.form.axis
        if self._channels(x) != self.count:
            self.fail(
                f'bottom "{x.name}" {x.shape} has {self._channels(x)} channels, but the blob "scale" '
                f"{self.blobs[0].shape} was made for {self.count}"
            )
        self.channels.resize(x.count_axes(0, axis), self.count, x.count_axes(axis + 1))
        top[0].reshape_like(x)
        for blob in top[1:]:
            blob.reshape(1, self.count, 1, 1)
        if not self.plain or top[0] is x:
            self._centred.reshape_like(x)

    def _learned(self, index: int) -> Any:
        return self.blobs[index].data.reshape(-1)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write y; with the batch's own statistics, add them to the stored ones."""
        channels, x, y, centred = self.channels, bottom[0].data, top[0].data, self._centred
        if not bottom[0].count:
            return
        if self.plain:
            kept = centred.data if top[0] is bottom[0] else None
            channels.affine(x, self._learned(0), self._learned(1), y, kept)
            return
        if self.uses_stored:
            mean, variance = self._learned(2), self._learned(3)
            self.xp.subtract(
                channels.view(x), channels.column(mean), out=channels.view(centred.data)
            )
        else:
            mean = channels.sum(x) / channels.each
            variance = channels.centre(x, mean, centred.data) / channels.each
            self._follow(mean, variance)
            for blob, value in zip(top[1:], (mean, variance), strict=False):
                blob.data[...] = value.reshape(blob.shape)
        self._inverse = 1 / self.xp.sqrt(variance + self.form.eps)
        channels.affine(centred.data, self._inverse * self._learned(0), self._learned(1), y)

    def _follow(self, mean: Any, variance: Any) -> None:
        """Add a batch's statistics to the stored ones, in training."""
        if not self.form.stores or (self.form.name == DECAYING and self.phase == TEST):
            return
        for blob, value in zip(self.blobs[2:], (mean, variance), strict=True):
            stored = blob.data
            stored *= self.form.kept
            stored += value.reshape(blob.shape) * (1 - self.form.kept)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradients of scale and shift, write that of x; further tops have none."""
        if not bottom[0].count:
            return
        channels, dy, gain = self.channels, top[0].diff, self._learned(0)
        source = bottom[0] if self.plain and top[0] is not bottom[0] else self._centred
        through = propagate_down[0] and not self.plain and not self.uses_stored
        learned = [not self.frozen and wanted for wanted in self.param_propagate_down[:2]]
        if through or any(learned):
            total, product = channels.sum_and_dot(dy, source.data)
            if not self.plain:
                product = product * self._inverse
            for blob, gradient, wanted in zip(self.blobs, (product, total), learned, strict=False):
                if wanted:
                    diff = blob.diff
                    diff += gradient.reshape(blob.shape)
        if not propagate_down[0]:
            return
        if not self.plain:
            gain = gain * self._inverse
        if not through:
            channels.affine(dy, gain, None, bottom[0].diff)
            return
        # What mean and variance absorb is left out.
        slope, mean = product * self._inverse / channels.each, total / channels.each
        channels.without_statistics(dy, source.data, slope, mean, gain, bottom[0].diff)
