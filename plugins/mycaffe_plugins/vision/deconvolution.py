"""The Deconvolution layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob

from .base_convolution import BaseConvolution
from .geometry import FIELD


class Deconvolution(BaseConvolution):
    """Transposed convolution: each element of x adds a kernel to y, and b.

    Bottoms x (N, C, *spatial), tops y (N, num_output, *sizes), where along each spatial axis size =
    stride (n - 1) + dilation (kernel - 1) + 1 - 2 pad. Blobs: weight (C, num_output / group, *kernel), whose
    first two dimensions are swapped compared with Convolution, and bias (num_output) unless
    ``bias_term: false``. dx = W * dy, a convolution; dW += the products of x with the windows of dy; db += the
    sums of dy.
    """

    recordable = True

    type = "Deconvolution"

    def weight_channels(self, channels: int, outputs: int, group: int) -> tuple[int, int]:
        """Return one kernel for each channel of x, over the outputs of its group."""
        return channels, outputs // group

    def top_spatial(self, bottom: Blob, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Return the size of the image whose windows are the bottom's elements."""
        found = self.geometry.image_size(spatial)
        if min(found, default=1) < 1:
            self.fail(
                f'nothing is left of bottom "{bottom.name}" {bottom.shape}: the top would be {found} '
                f"after cutting off pad {self.geometry.pad}",
                field=f"{FIELD}.pad",
            )
        return found

    def image_and_windows(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the sizes of top and bottom."""
        return self.top_shape[2:], self.bottom_shape[2:]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and size the tops."""
        super().reshape(bottom, top)
        self.correlation = self.correlations.of(self.top_shape, self.bottom_shape)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the kernels, weighted by x, plus b."""
        weight, bias = self.blobs[0].data, self.bias
        for x, y in zip(bottom, top, strict=True):
            maps, images = x.data.reshape(self.bottom_shape), y.data.reshape(self.top_shape)
            self.correlation.spread(maps, weight, images)
            if bias is not None:
                self.xp.add(images, bias.reshape(-1, *(1,) * self.spatial_axes), out=images)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradients of weight and bias, write those of the bottoms."""
        weight, learns = self.blobs[0], self.param_propagate_down[0]
        for x, y, wanted in zip(bottom, top, propagate_down, strict=True):
            maps, dy = x.data.reshape(self.bottom_shape), y.diff.reshape(self.top_shape)
            self.add_bias_gradient(dy)
            if not wanted:
                if learns:
                    self.correlation.add_weight_gradient(dy, maps, weight.diff)
                continue
            dx = x.diff.reshape(self.bottom_shape)
            if learns:
                self.correlation.correlate_and_add(dy, weight.data, dx, maps, weight.diff)
            else:
                self.correlation.correlate(dy, weight.data, dx)
