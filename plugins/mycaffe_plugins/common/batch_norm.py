"""The BatchNorm layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TEST, Layer, freeze_statistics, given_filler, require_an_axis
from mycaffe_py.plugins import Only

from .choosing_channels import channels_of

_STATISTICS = ("mean", "variance", "factor")


def _scales(param: Any) -> bool:
    """Whether the layer learns a scale and a bias."""
    fillers = param.HasField("scale_filler") or param.HasField("bias_filler")
    return bool(param.scale_bias or (fillers and not param.HasField("scale_bias")))


class BatchNorm(Layer):
    """Normalises each channel (axis 1) to mean 0 and variance 1.

    Bottom x (N, C, ...), or (N) as one channel; top y of the same shape; may work in place. Blobs:
    the sums of means (C) and of variances (C) and the factor (1) that they are divided by when used.
    They are statistics: no solver changes them, and their ``lr_mult`` is 0.

    With the batch's own mean m and variance v over the M elements of a channel, y = (x - m) / s,
    s = sqrt(v + eps), and forward updates the blobs: f being ``moving_average_fraction``,
    mean = f * mean + m, variance = f * variance + v * M / (M - 1), factor = f * factor + 1;
    dx = (dy - mean(dy) - y * mean(dy * y)) / s. With ``use_global_stats`` (default: true in
    testing) m and v come from the blobs and are constants: dx = dy / s.

    With ``scale_bias`` two more blobs, scale (C) and bias (C), are learned: y * scale + bias. As in NVIDIA's Caffe,
    ``scale_filler`` or ``bias_filler`` alone says so too. Its weights fit: mean, variance, factor 1, scale, bias.
    """

    recordable = True

    type = "BatchNorm"
    group = "norm"
    parameters = ("batch_norm_param",)
    conditions = (
        Only("batch_norm_param.moving_average_fraction", when="no use_global_stats"),
        Only(
            "batch_norm_param.scale_filler",
            "batch_norm_param.bias_filler",
            when="scale_bias: true, or none",
            test=lambda param: _scales(param.batch_norm_param),
        ),
    )
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = True

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the blobs."""
        param = self.param.batch_norm_param
        self.fraction, self.eps = param.moving_average_fraction, param.eps
        self.global_stats = self.phase == TEST
        if param.HasField("use_global_stats"):
            self.global_stats = param.use_global_stats
        if self.eps < 0:
            self.fail(
                f"eps is {self.eps:g}, but must not be negative", field="batch_norm_param.eps"
            )
        self.count = self._channels(bottom[0])
        for name in _STATISTICS:
            self.add_blob((1 if name == "factor" else self.count,), name=name)
        freeze_statistics(self, _STATISTICS)
        self.scales = _scales(param)
        if self.scales:
            self.add_blob((self.count,), given_filler(param, "scale_filler", 1), "scale")
            self.add_blob((self.count,), given_filler(param, "bias_filler"), "bias")
        self.keeps_centred = self.scales or not self.global_stats
        self.channels = channels_of(self)
        self._centred = self.working_blob("centred")

    def _channels(self, bottom: Blob) -> int:
        require_an_axis(self, bottom)
        return bottom.shape[1] if bottom.num_axes > 1 else 1

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the number of channels is that at setup; the top has the bottom's shape."""
        x = bottom[0]
        if self._channels(x) != self.count:
            self.fail(
                f'bottom "{x.name}" {x.shape} has {self._channels(x)} channels, but the blob "mean" '
                f"{self.blobs[0].shape} was made for {self.count}"
            )
        rows, inner = (x.shape[0], x.count_axes(2)) if x.num_axes > 1 else (1, x.shape[0])
        self.channels.resize(rows, self.count, inner)
        if self.keeps_centred:
            self._centred.reshape_like(x)
        top[0].reshape_like(x)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write y; with the batch's own statistics, update the stored ones."""
        if not bottom[0].count:
            return
        channels, x, y = self.channels, bottom[0].data, top[0].data
        if self.global_stats:
            mean, variance = self._stored_statistics()
        else:
            mean = channels.sum(x) / channels.each
            variance = channels.centre(x, mean, self._centred.data) / channels.each
            self._update_statistics(mean, variance)
        self._inverse = 1 / self.xp.sqrt(variance + self.eps)
        if not self.keeps_centred:
            channels.normalize(x, mean, self._inverse, y)
            return
        centred = self._centred.data
        if self.global_stats:
            self.xp.subtract(channels.view(x), channels.column(mean), out=channels.view(centred))
        channels.affine(centred, self._gain(), self.blobs[4].data if self.scales else None, y)

    def _gain(self) -> Any:
        return self._inverse * self.blobs[3].data if self.scales else self._inverse

    def _stored_statistics(self) -> tuple[Any, Any]:
        factor = self.blobs[2].data
        # Before the first update, all three are 0; a check on the host would wait for the device.
        empty = (factor == 0).astype(self.dtype)
        share = (1 - empty) / (factor + empty)
        return self.blobs[0].data * share, self.blobs[1].data * share

    def _update_statistics(self, mean: Any, variance: Any) -> None:
        elements = self.channels.each
        if elements > 1:
            variance = variance * (elements / (elements - 1))
        for blob, value in zip(self.blobs, (mean, variance, 1), strict=False):
            statistic = blob.data
            statistic *= self.fraction
            statistic += value

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradients of scale and bias, write that of x."""
        if not bottom[0].count:
            return
        channels, dy = self.channels, top[0].diff
        through_statistics = propagate_down[0] and not self.global_stats
        learned = self.param_propagate_down[3:]
        if through_statistics or any(learned):
            total, product = channels.sum_and_dot(dy, self._centred.data)
            product = product * self._inverse
            sums = (product, total)
            for blob, gradient, wanted in zip(self.blobs[3:], sums, learned, strict=False):
                if wanted:
                    diff = blob.diff
                    diff += gradient
        if not propagate_down[0]:
            return
        dx, gain = bottom[0].diff, self._gain()
        if not through_statistics:
            channels.affine(dy, gain, None, dx)
            return
        # What mean and variance absorb is left out.
        slope, mean = product * self._inverse / channels.each, total / channels.each
        channels.without_statistics(dy, self._centred.data, slope, mean, gain, dx)
