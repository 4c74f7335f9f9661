"""The Transpose layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class Transpose(Layer):
    """Permutes the axes.

    Bottom x; ``transpose_param.dim`` lists its axes in the order of the top y. dx is dy with the axes
    permuted back.
    """

    recordable = True

    type = "Transpose"
    group = "shape"
    parameters = ("transpose_param",)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def new_order(self, x: Blob) -> list[int]:
        """Return the bottom's axes in their order in the top, each once; fail if the settings give another list."""
        given = list(self.param.transpose_param.dim)
        order = [axis + x.num_axes * (axis < 0) for axis in given]
        if sorted(order) != list(range(x.num_axes)):
            self.fail(
                f'dim {given} must hold each axis of bottom "{x.name}" {x.shape} once: '
                f"{', '.join(map(str, range(x.num_axes)))} in any order",
                field="transpose_param.dim",
            )
        return order

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the order and shape the top."""
        x = bottom[0]
        self.order = self.new_order(x)
        self.back = sorted(range(x.num_axes), key=self.order.__getitem__)
        top[0].reshape([x.shape[axis] for axis in self.order])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy x in the new order of axes."""
        self.xp.copyto(top[0].data, bottom[0].data.transpose(self.order))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Copy the gradient in the original order."""
        if propagate_down[0]:
            self.xp.copyto(bottom[0].diff, top[0].diff.transpose(self.back))
