"""The Scale layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, given_filler
from mycaffe_py.plugins import Only

from .broadcasting import learns_values, spanned_shape, spanned_sizes
from .choosing_channels import channels_of


class Scale(Layer):
    """Multiplies by a factor, learned or from a second bottom, and may add a learned bias.

    Bottom x of any shape, top y of the same shape; may work in place, keeping a copy of x. The
    factor s has the shape of ``num_axes`` axes of x from ``axis`` on (default: axis 1 alone; -1:
    all remaining; 0: one value). With one bottom it is the first blob, initialised to 1 unless there
    is a ``filler``; else it is the second bottom, which sets its shape. With ``bias_term`` the last
    blob is a bias b of the same shape.
    y = x * s + b, repeated over the other axes; dx = dy * s. ds and db are the sums of dy * x and
    of dy over those axes, ADDED to the blobs' diffs; that of a second bottom is overwritten.
    """

    recordable = True

    type = "Scale"
    group = "norm"
    parameters = ("scale_param",)
    conditions = (
        Only("scale_param.bias_filler", when="bias_term"),
        Only(
            "scale_param.filler", "scale_param.num_axes", when="a single bottom", test=learns_values
        ),
    )
    min_bottom_blobs = 1
    max_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = True

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the blobs."""
        param = self.param.scale_param
        if len(bottom) == 1:
            shape = spanned_shape(self, param, bottom[0], "scale_param")
            self.add_blob(shape, given_filler(param, "filler", 1), "scale")
        else:
            shape = bottom[1].shape
        if param.bias_term:
            self.add_blob(shape, given_filler(param, "bias_filler"), "bias")
        self.channels = channels_of(self)
        self._input = None
        if top[0] is bottom[0]:
            self._input = self.working_blob("input")

    def _values(self, bottom: Sequence[Blob]) -> list[Blob]:
        """Return the blob of the factor and, if there is one, that of the bias."""
        return [*bottom[1:], *self.blobs]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that factor and bias fit; the top has the bottom's shape."""
        param = self.param.scale_param
        for values in self._values(bottom):
            sizes = spanned_sizes(self, param, bottom[0], values, "scale_param")
            self.channels.resize(*sizes)
        top[0].reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write x * s + b."""
        kept = None
        if self._input is not None:
            self._input.reshape_like(bottom[0])
            kept = self._input.data
        factor, *bias = (blob.data for blob in self._values(bottom))
        self.channels.affine(bottom[0].data, factor, bias[0] if bias else None, top[0].data, kept)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Sum the gradients of s and b, write that of x."""
        channels, dy = self.channels, top[0].diff
        x = (self._input or bottom[0]).data
        learns_bias = self.param.scale_param.bias_term and self.param_propagate_down[-1]
        wants_product = propagate_down[1] if len(bottom) == 2 else self.param_propagate_down[0]
        total = product = None
        if learns_bias and wants_product:
            total, product = channels.sum_and_dot(dy, x)
        elif learns_bias:
            total = channels.sum(dy)
        elif wants_product:
            product = channels.dot(dy, x)
        if total is not None:
            self._add(self.blobs[-1], total)
        if product is not None and len(bottom) == 1:
            self._add(self.blobs[0], product)
        elif product is not None:
            bottom[1].diff[...] = product.reshape(bottom[1].shape)
        if propagate_down[0]:
            channels.affine(dy, self._values(bottom)[0].data, None, bottom[0].diff)

    def _add(self, blob: Blob, gradient: Any) -> None:
        diff = blob.diff
        diff += gradient.reshape(diff.shape)
