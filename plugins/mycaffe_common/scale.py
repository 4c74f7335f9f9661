"""The Scale layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, given_filler

from .broadcasting import spanned_shape, spanned_sizes
from .channels import Channels


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

    type = "Scale"
    group = "norm"
    parameters = ("scale_param",)
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
        self.channels = Channels(self)
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
        if self._input is not None:
            self._input.reshape_like(bottom[0])
            self.xp.copyto(self._input.data, bottom[0].data)
        channels = self.channels
        x, y = channels.view(bottom[0].data), channels.view(top[0].data)
        factor, *bias = (channels.column(blob.data) for blob in self._values(bottom))
        self.xp.multiply(x, factor, out=y)
        if bias:
            self.xp.add(y, bias[0], out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Sum the gradients of s and b, write that of x."""
        channels, dy = self.channels, top[0].diff
        x = (self._input or bottom[0]).data
        if self.param.scale_param.bias_term and self.param_propagate_down[-1]:
            self._add(self.blobs[-1], channels.sum(dy))
        if len(bottom) == 1 and self.param_propagate_down[0]:
            self._add(self.blobs[0], channels.dot(dy, x))
        elif len(bottom) == 2 and propagate_down[1]:
            bottom[1].diff[...] = channels.dot(dy, x).reshape(bottom[1].shape)
        if propagate_down[0]:
            factor = channels.column(self._values(bottom)[0].data)
            self.xp.multiply(channels.view(dy), factor, out=channels.view(bottom[0].diff))

    def _add(self, blob: Blob, gradient: Any) -> None:
        diff = blob.diff
        diff += gradient.reshape(diff.shape)
