"""The Im2col layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis
from mycaffe_py.plugins import Only

from .geometry import FIELD, count_windows, read_geometry
from .windows import Windows


class Im2col(Layer):
    """Unfolds the windows of images to the columns that a convolution multiplies by its kernels.

    Bottom x (N, C, *spatial), top (N, C prod(kernel), *windows), with the windows of Convolution; the kernel's
    elements vary fastest along the channels. The axes before ``axis`` (default 1) count the images.
    dx = the sum of dy's elements that came from each place.
    """

    recordable = True

    type = "Im2col"
    group = "conv"
    parameters = ("convolution_param",)
    conditions = (
        Only(
            "convolution_param.num_output",
            "convolution_param.bias_term",
            "convolution_param.group",
            "convolution_param.weight_filler",
            "convolution_param.bias_filler",
            when="never",
        ),
    )
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        param, first = self.param.convolution_param, bottom[0]
        self.axis = blob_axis(self, first, param.axis, f"{FIELD}.axis")
        self.num_axes = first.num_axes
        spatial_axes = first.num_axes - self.axis - 1
        if not spatial_axes:
            self.fail(
                f'bottom "{first.name}" {first.shape} has no spatial axis after axis {self.axis}',
                field=f"{FIELD}.axis",
            )
        self.geometry = read_geometry(self, first, spatial_axes)
        self.windows = Windows(self.device, self.dtype, self.geometry)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Size the top."""
        first = bottom[0]
        if first.num_axes != self.num_axes:
            self.fail(
                f'bottom "{first.name}" {first.shape} has {first.num_axes} axes, '
                f"but had {self.num_axes} at setup"
            )
        spatial = first.shape[self.axis + 1 :]
        windows = count_windows(self, self.geometry, first, spatial)
        self.windows.reshape(spatial, windows)
        channels, images = first.shape[self.axis], first.count_axes(0, self.axis)
        rows = channels * math.prod(self.geometry.kernel)
        top[0].reshape(*first.shape[: self.axis], rows, *windows)
        self.bottom_shape = (images, channels, *spatial)
        self.top_shape = (images, channels, *self.geometry.kernel, *windows)

    def _columns(self, values: Any) -> Any:
        """Return the top's values as columns (C, *kernel, N, *windows)."""
        return self.xp.moveaxis(values.reshape(self.top_shape), 0, 1 + len(self.geometry.kernel))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the windows."""
        self.windows.gather(bottom[0].data.reshape(self.bottom_shape), self._columns(top[0].data))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add up the gradients at each position."""
        if propagate_down[0]:
            images = bottom[0].diff.reshape(self.bottom_shape)
            self.windows.scatter(self._columns(top[0].diff), images)
