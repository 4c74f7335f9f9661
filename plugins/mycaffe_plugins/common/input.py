"""The Input layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer


class Input(Layer):
    """Input blobs, filled by the user, a gym or a trainer.

    No bottoms; one or more tops, shaped by ``input_param.shape``: given once for all tops, once for
    each, or not at all (the user then reshapes the blobs).
    """

    recordable = True

    type = "Input"
    parameters = ("input_param",)
    exact_num_bottom_blobs = 0
    min_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the tops."""
        shapes = [tuple(shape.dim) for shape in self.param.input_param.shape]
        if len(shapes) not in (0, 1, len(top)):
            self.fail(
                f"shape must be given once or once for each top: {len(shapes)} given, "
                f"{len(top)} tops",
                field="input_param.shape",
            )
        if len(shapes) == 1:
            shapes *= len(top)
        for blob, shape in zip(top, shapes, strict=False):
            blob.reshape(shape)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Leave the shapes to the user."""

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return no cost: the values are there."""
        return Cost()

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Leave the values to the user."""

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Do nothing: there are no bottoms."""
