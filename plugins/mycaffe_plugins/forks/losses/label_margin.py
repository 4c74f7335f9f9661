"""What layers share that change the score of each item's own class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from mycaffe_plugins.common import Labels
from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class LabelMargin(Layer):
    """Base: bottoms are scores x (N, C) and N labels, which have no gradient; top y of the shape of x.

    ``buffers`` names the working memory of a number for each item.
    """

    group = "loss"
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    buffers: ClassVar[tuple[str, ...]] = ()

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Prepare the labels and the buffers."""
        self.labels = Labels(self)
        self._of_items = [self.working_blob(name) for name in self.buffers]

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for the labels."""
        return bottom_index == 0

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that there is a label for each item; the top has the shape of the scores."""
        x = bottom[0]
        items, classes = (x.count_axes(0, 1), x.count_axes(1)) if x.num_axes else (1, 1)
        self.labels.reshape(x, bottom[1], (items, classes, 1))
        for blob in self._of_items:
            blob.reshape(items)
        top[0].reshape_like(x)
