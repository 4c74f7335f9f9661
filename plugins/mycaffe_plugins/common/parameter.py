"""The Parameter layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class Parameter(Layer):
    """A learnable blob that other layers read as a bottom.

    No bottoms; one top that shares the data of the blob, both of ``parameter_param.shape``. It starts
    at zero. The top's dy is added to the blob's diff, so that several backward passes add up.
    """

    recordable = True

    type = "Parameter"
    parameters = ("parameter_param",)
    exact_num_bottom_blobs = 0
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the blob."""
        param = self.param.parameter_param
        if not param.HasField("shape"):
            self.fail(
                "shape is missing", field="parameter_param", hint="shape {} is a single number"
            )
        self.add_blob(tuple(param.shape.dim), name="value")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Share the blob's data, which the net or a sharing layer may have moved."""
        top[0].reshape_like(self.blobs[0])
        top[0].share_data(self.blobs[0])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: the top shares the data."""

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradient of the top to that of the blob."""
        if self.param_propagate_down[0]:
            gradient = self.blobs[0].diff
            self.xp.add(gradient, top[0].diff, out=gradient)
