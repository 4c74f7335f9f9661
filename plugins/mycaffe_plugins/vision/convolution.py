"""The Convolution layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mycaffe_py.blob import Blob

from .base_convolution import BaseConvolution
from .correlation import Correlation
from .geometry import count_windows
from .mirrored import MirroredGradients

_MOST_RECORDED = 1_000_000_000
"""Multiply-adds of a forward pass up to which it may be recorded."""


class Convolution(BaseConvolution):
    """Correlates images with learned kernels: y = W * x + b; the kernels are not flipped.

    Bottoms x (N, C, *spatial), tops y (N, num_output, *windows), where along each spatial axis windows =
    floor((size + 2 pad - dilation (kernel - 1) - 1) / stride) + 1. Blobs: weight (num_output, C / group,
    *kernel) and bias (num_output) unless ``bias_term: false``. Channels of one group see those of the same
    group only. dW += the products of dy with the windows of x; db += the sums of dy; dx = dy through the
    kernels, added up where windows overlap.
    """

    recordable = True

    type = "Convolution"

    def weight_channels(self, channels: int, outputs: int, group: int) -> tuple[int, int]:
        """Return one kernel for each output, over the channels of its group."""
        return outputs, channels // group

    def top_spatial(self, bottom: Blob, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Return the number of windows along each axis."""
        return count_windows(self, self.geometry, bottom, spatial)

    def image_and_windows(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the sizes of bottom and top."""
        return self.bottom_shape[2:], self.top_shape[2:]

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings; create weight and bias."""
        super().setup(bottom, top)
        self.mirrored = MirroredGradients(self.device, self.dtype, self.geometry, self.groups)

    def why_not_recorded(self) -> str:
        """Return that cuBLAS is faster, which cannot be recorded, if there is much to multiply."""
        windows = math.prod((self.top_shape[0], *self.top_shape[2:]))
        if windows * self.blobs[0].count > _MOST_RECORDED:
            return "multiplies large matrices, which cuBLAS does faster than what can be recorded"
        return super().why_not_recorded()

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and size the tops."""
        super().reshape(bottom, top)
        self.correlation = self.correlations.of(self.bottom_shape, self.top_shape)
        self.mirrored.reshape(self.bottom_shape, self.top_shape)
        plain = isinstance(self.correlation, Correlation) and self.correlation.gradients is None
        self.gradients = self.mirrored if plain and self.mirrored.pays else self.correlation

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write W * x + b."""
        weight, bias = self.blobs[0].data, self.bias
        for x, y in zip(bottom, top, strict=True):
            images, maps = x.data.reshape(self.bottom_shape), y.data.reshape(self.top_shape)
            self.correlation.correlate(images, weight, maps, bias)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradients of weight and bias, write those of the bottoms."""
        weight, learns = self.blobs[0], self.param_propagate_down[0]
        for x, y, wanted in zip(bottom, top, propagate_down, strict=True):
            images, dy = x.data.reshape(self.bottom_shape), y.diff.reshape(self.top_shape)
            self.add_bias_gradient(dy)
            if wanted and learns:
                dx = x.diff.reshape(self.bottom_shape)
                self.gradients.add_gradients(images, dy, weight.data, weight.diff, dx)
            elif learns:
                self.correlation.add_weight_gradient(images, dy, weight.diff)
            elif wanted:
                self.correlation.spread(dy, weight.data, x.diff.reshape(self.bottom_shape))
