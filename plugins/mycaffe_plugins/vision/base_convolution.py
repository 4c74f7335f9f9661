"""The base class of Convolution and Deconvolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, blob_axis, given_filler, positive_setting
from mycaffe_py.plugins import Only

from .choosing_correlation import CorrelationChoice
from .geometry import FIELD, read_geometry


class BaseConvolution(Layer):
    """Base: one or more bottoms of the same shape, a top for each, and shared kernels.

    The axes before ``axis`` (default 1) count the images, ``axis`` the channels, those after it are spatial:
    any number of them, fixed at setup like the channels; their sizes and the batch may change at each forward.
    """

    group = "conv"
    parameters = ("convolution_param",)
    conditions = (Only("convolution_param.bias_filler", when="bias_term"),)
    min_bottom_blobs = 1
    min_top_blobs = 1
    equal_num_bottom_top_blobs = True
    allows_in_place = False

    # Defined by subclasses.

    def weight_channels(self, channels: int, outputs: int, group: int) -> tuple[int, int]:
        """Return the first two dimensions of the weight."""
        raise TypeError(f"layer type {self.type} does not define weight_channels()")

    def top_spatial(self, bottom: Blob, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Return the spatial sizes of a top, or fail if there are none."""
        raise TypeError(f"layer type {self.type} does not define top_spatial()")

    def image_and_windows(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the spatial sizes of the side with the images, and of the side with a value for each window."""
        raise TypeError(f"layer type {self.type} does not define image_and_windows()")

    def outputs_and_groups(self, bottom: Blob) -> tuple[int, int]:
        """Return the number of channels of the tops, and of groups, for such bottoms."""
        outputs, groups = (positive_setting(self, FIELD, name) for name in ("num_output", "group"))
        return outputs, groups

    # The layer interface.

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings; create weight and bias."""
        param = self.param.convolution_param
        first = bottom[0]
        self.axis = blob_axis(self, first, param.axis, f"{FIELD}.axis")
        self.spatial_axes = first.num_axes - self.axis - 1
        self.geometry = read_geometry(self, first, self.spatial_axes)
        self.channels = first.shape[self.axis]
        if not self.channels:
            self.fail(f'bottom "{first.name}" {first.shape} has no channels along axis {self.axis}')
        self.outputs, self.groups = self.outputs_and_groups(first)
        self._check_channels(first, self.groups)
        self.top_spatial(first, first.shape[self.axis + 1 :])  # before unusable weights are created
        channels = self.weight_channels(self.channels, self.outputs, self.groups)
        weight_filler = given_filler(param, "weight_filler")
        self.add_blob((*channels, *self.geometry.kernel), weight_filler, "weight")
        if param.bias_term:
            self.add_blob((self.outputs,), given_filler(param, "bias_filler"), "bias")
        self.correlations = CorrelationChoice(self.device, self.dtype, self.geometry, self.groups)

    def _check_channels(self, bottom: Blob, group: int) -> None:
        if self.channels % group:
            self.fail(
                f'the {self.channels} channels of bottom "{bottom.name}" {bottom.shape} cannot be divided '
                f"into {group} groups",
                field=f"{FIELD}.group",
            )
        if self.outputs % group:
            self.fail(
                f'num_output {self.outputs} cannot be divided into {group} groups: bottom "{bottom.name}" '
                f"{bottom.shape}",
                field=f"{FIELD}.num_output",
            )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the bottoms fit the weight and each other."""
        first = bottom[0]
        if first.num_axes != self.axis + 1 + self.spatial_axes:
            self.fail(
                f'bottom "{first.name}" {first.shape} has {first.num_axes} axes, but the weight '
                f"{self.blobs[0].shape} was made for {self.axis + 1 + self.spatial_axes}"
            )
        if first.shape[self.axis] != self.channels:
            self.fail(
                f'bottom "{first.name}" {first.shape} has {first.shape[self.axis]} channels along axis '
                f"{self.axis}, but the weight {self.blobs[0].shape} was made for {self.channels}"
            )
        for blob in bottom[1:]:
            if blob.shape != first.shape:
                self.fail(
                    f'bottom "{first.name}" {first.shape} and bottom "{blob.name}" {blob.shape} '
                    "must have the same shape: they share the weight"
                )
        images = first.count_axes(0, self.axis)
        spatial = first.shape[self.axis + 1 :]
        found = self.top_spatial(first, spatial)
        for blob in top:
            blob.reshape(*first.shape[: self.axis], self.outputs, *found)
        self.bottom_shape = (images, self.channels, *spatial)
        self.top_shape = (images, self.outputs, *found)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the products with the elements inside the images, the padding left out."""
        weight = self.blobs[0]
        kernels = weight.shape[0] * weight.shape[1]
        elements = self.geometry.taps(*self.image_and_windows())
        multiplied = 2.0 * self.bottom_shape[0] * kernels * elements
        itemsize = self.dtype.itemsize
        ahead, back = [], []
        for x, y, wanted in zip(bottom, top, propagate_down, strict=True):
            added = y.count * (self.bias is not None)
            moved = float(itemsize * (x.count + y.count + weight.count))
            ahead.append(Work(multiplied + added, moved))
            if self.param_propagate_down[0]:
                back.append(Work(multiplied + added, moved + itemsize * weight.count))
            if wanted:
                back.append(Work(multiplied, moved))
        return Cost(tuple(ahead), tuple(back))

    def add_bias_gradient(self, dy: Any) -> None:
        """Add the sum of dy (N, num_output, *spatial) over all but the channels."""
        if len(self.blobs) > 1 and self.param_propagate_down[1]:
            gradient = self.blobs[1].diff
            if self.device.is_host and self.spatial_axes:
                # One product reads dy once; sums over short rows take several times as long.
                planes = dy.reshape(dy.shape[0] * dy.shape[1], math.prod(dy.shape[2:]))
                ones = self.device.scratch("bias ones", (planes.shape[1],), self.dtype)
                ones.fill(1)
                gradient += self.xp.dot(planes, ones).reshape(dy.shape[:2]).sum(axis=0)
                return
            total = self.device.scratch("bias gradient", gradient.shape, self.dtype)
            self.xp.sum(dy, axis=(0, *range(2, dy.ndim)), out=total)
            self.xp.add(gradient, total, out=gradient)

    @property
    def bias(self) -> Any:
        """The values of the bias; None if there is none."""
        return self.blobs[1].data if len(self.blobs) > 1 else None
