"""The Accuracy layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis

from .labels import Labels, class_sizes
from .normalization import at_least_one


class Accuracy(Layer):
    """Share of the items whose label is among the ``top_k`` highest scores.

    Bottoms: scores x, classes along ``axis`` (default 1), and one label for each item, such as (N) for (N, C)
    or (N, 1, H, W) for (N, C, H, W). Tops: a scalar and, if wanted, the share for each class (C), 0 for a
    class without items. An item is a hit if fewer than ``top_k`` other classes score at least as high as its
    label: ties count against it, and so does a NaN score. Items with ``ignore_label`` do not count; if no
    item counts, the result is 0. No gradient.
    """

    recordable = True

    type = "Accuracy"
    parameters = ("accuracy_param",)
    exact_num_bottom_blobs = 2
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = False
    compared_element = 0
    """Whatever its top is called, the best weights of a run are those with the highest share in a test."""

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: there is no gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        param = self.param.accuracy_param
        self.top_k = param.top_k
        self.labels = Labels(self, param.ignore_label if param.HasField("ignore_label") else None)
        self._picked = self.working_blob("picked")
        self._sizes = (0, 0, 0)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores and shape the tops."""
        scores = bottom[0]
        axis = blob_axis(self, scores, self.param.accuracy_param.axis, "accuracy_param.axis")
        sizes = outer, classes, inner = class_sizes(scores, axis)
        self.labels.reshape(scores, bottom[1], sizes)
        if not 1 <= self.top_k <= classes:
            self.fail(
                f"top_k is {self.top_k}, but must be from 1 to {classes}, the number of classes of "
                f'bottom "{scores.name}" {scores.shape}',
                field="accuracy_param.top_k",
            )
        top[0].reshape(())
        if len(top) > 1:
            top[1].reshape(classes)
        if sizes != self._sizes:
            self._sizes = sizes
            self._picked.reshape(outer, 1, inner)
            self._below = self.xp.zeros(sizes, dtype=bool)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the share of hits, overall and for each class."""
        self.labels.read()
        xp, labels, picked = self.xp, self.labels, self._picked.data
        classes = self._sizes[1]
        scores = bottom[0].data
        xp.take(scores.reshape(-1), labels.places, out=picked.reshape(-1))
        # The number of classes not below the label's own score, including itself.
        xp.less(scores.reshape(self._sizes), picked, out=self._below)
        hits = xp.sum(self._below, axis=1).reshape(-1) >= classes - self.top_k
        if labels.counted is not None:
            hits = xp.logical_and(hits, labels.counted)
        top[0].data[...] = xp.sum(hits) / at_least_one(labels.count)
        if len(top) > 1:
            self._per_class(hits, top[1].data)

    def _per_class(self, hits: Any, out: Any) -> None:
        xp, labels = self.xp, self.labels
        if isinstance(labels.count, int) and not labels.count:
            out.fill(0)
            return
        dtype = out.dtype
        counted = xp.ones(hits.shape, dtype=dtype)
        if labels.counted is not None:
            xp.multiply(counted, labels.counted, out=counted)
        # Not bincount, which waits for the device on a GPU, and counts in float64.
        seen = xp.zeros(out.shape, dtype=dtype)
        xp.add.at(seen, labels.index, counted)
        xp.maximum(seen, 1, out=seen)
        out.fill(0)
        xp.add.at(out, labels.index, hits.astype(dtype))
        xp.divide(out, seen, out=out)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Fail if a gradient is asked for."""
        if any(propagate_down):
            names = " and ".join(f'"{b.name}" {b.shape}' for b in bottom)
            self.fail(
                f"accuracy has no gradient, but one is needed here for bottom {names}",
                hint="train on a loss, such as SoftmaxWithLoss, and leave loss_weight to it",
            )
