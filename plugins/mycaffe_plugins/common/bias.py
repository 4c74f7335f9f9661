"""The Bias layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, given_filler
from mycaffe_py.plugins import Only

from .broadcasting import learns_values, spanned_shape, spanned_sizes
from .choosing_channels import channels_of


class Bias(Layer):
    """Adds a bias, learned or from a second bottom.

    Bottom x of any shape, top y of the same shape; may work in place. The bias b has the shape of
    ``num_axes`` axes of x from ``axis`` on (default: axis 1 alone; -1: all remaining; 0: one value)
    and is the layer's blob, or the second bottom, which then sets its shape.
    y = x + b, repeated over the other axes; dx = dy; db is the sum of dy over those axes, ADDED to
    the blob's diff or written to the bottom's.
    """

    recordable = True

    type = "Bias"
    group = "norm"
    parameters = ("bias_param",)
    conditions = (
        Only(
            "bias_param.filler", "bias_param.num_axes", when="a single bottom", test=learns_values
        ),
    )
    min_bottom_blobs = 1
    max_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = True

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the blob if there is one bottom."""
        param = self.param.bias_param
        if len(bottom) == 1:
            shape = spanned_shape(self, param, bottom[0], "bias_param")
            self.add_blob(shape, given_filler(param, "filler"), "bias")
        self.channels = channels_of(self)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the bias fits; the top has the bottom's shape."""
        bias = (*bottom, *self.blobs)[1]
        param = self.param.bias_param
        self.channels.resize(*spanned_sizes(self, param, bottom[0], bias, "bias_param"))
        top[0].reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write x + b."""
        channels, bias = self.channels, (*bottom, *self.blobs)[1]
        x, y = channels.view(bottom[0].data), channels.view(top[0].data)
        self.xp.add(x, channels.column(bias.data), out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Sum the gradient for b, copy it to x."""
        dy = top[0].diff
        if self.blobs and self.param_propagate_down[0]:
            gradient = self.blobs[0].diff
            gradient += self.channels.sum(dy).reshape(gradient.shape)
        elif not self.blobs and propagate_down[1]:
            bottom[1].diff[...] = self.channels.sum(dy).reshape(bottom[1].shape)
        if propagate_down[0] and top[0] is not bottom[0]:
            self.xp.copyto(bottom[0].diff, dy)
