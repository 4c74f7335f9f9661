"""LossLayer: the base class of layers whose top is a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from mycaffe_py.blob.blob import Blob

from .layer import Layer


class LossLayer(Layer):
    """Base class with two bottoms of the same batch size and one scalar top, by default of loss weight 1.

    Labels get no gradient, not even with ``force_backward``; ``label_bottoms`` lists the bottoms that are labels.
    """

    exact_num_bottom_blobs: int | None = 2
    exact_num_top_blobs: int | None = 1
    auto_top_blobs = True
    is_loss = True
    label_bottoms: ClassVar[tuple[int, ...]] = (1,)

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for labels, as in Caffe."""
        return bottom_index not in self.label_bottoms

    def refuse_label_gradients(
        self, propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Fail if backward is asked for the gradient of a label."""
        self.refuse_gradients(propagate_down, bottom, self.label_bottoms)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the batch sizes and make the top a scalar."""
        first, second = bottom[0].shape, bottom[1].shape
        if first[:1] != second[:1]:
            self.fail(
                f'bottom "{bottom[0].name}" {first} and bottom "{bottom[1].name}" {second} '
                "must have the same first dimension"
            )
        top[0].reshape(())

    def require_same_count(self, bottom: Sequence[Blob]) -> None:
        """Fail unless both bottoms have the same number of elements for each item of the batch."""
        if bottom[0].count_axes(1) != bottom[1].count_axes(1):
            self.fail(
                f'bottom "{bottom[0].name}" {bottom[0].shape} and bottom "{bottom[1].name}" '
                f"{bottom[1].shape} must have the same number of elements for each item"
            )
