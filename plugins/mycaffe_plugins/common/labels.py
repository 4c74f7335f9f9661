"""Class labels, as the losses and Accuracy read them."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


def class_sizes(scores: Blob, axis: int) -> tuple[int, int, int]:
    """Return the blob's sizes before, along and after ``axis``: (outer, classes, inner)."""
    return scores.count_axes(0, axis), scores.shape[axis], scores.count_axes(axis + 1)


class Labels:
    """The labels of a batch: checked, and converted to positions of the scores.

    The scores are seen as (outer, classes, inner); each of the outer * inner items has one label, a whole
    number from 0 to classes - 1, or ``ignore_label`` if the item does not count. All attributes are device
    arrays over the items, filled by :meth:`read`.
    """

    def __init__(self, layer: Layer, ignore_label: int | None = None):
        self.layer, self.xp, self.ignore_label = layer, layer.xp, ignore_label
        self.reason = ""
        """Why there are so many classes, for messages; "" if the scores have them."""
        self._shape: tuple[int, int, int] | None = None
        self.counted: Any = None
        """Whether each item counts; None if all do."""
        self.count: Any = 0
        """The number of items that count; on a GPU a 0-d array of the device if some may be ignored."""
        self._deferred = layer.context.checks.add(layer, self._fail)

    def reshape(self, scores: Blob, labels: Blob, sizes: tuple[int, int, int]) -> None:
        """Check that there is a label for each item; ``sizes`` is (outer, classes, inner)."""
        outer, classes, inner = sizes
        self._scores, self._labels = scores, labels
        if labels.count != outer * inner:
            self.layer.fail(
                f'bottom "{labels.name}" {labels.shape} holds {labels.count} labels, but bottom '
                f'"{scores.name}" {scores.shape} needs {outer * inner}, one for each item of '
                f"{classes} classes",
                hint="labels have the shape of the scores without the class axis, which is axis 1 unless "
                "the settings say otherwise",
            )
        if not classes:
            self.layer.fail(f'bottom "{scores.name}" {scores.shape} has no classes')
        if sizes == self._shape:
            return
        self._shape, self.classes, self._inner = sizes, classes, inner
        xp, items = self.xp, outer * inner
        rows = xp.arange(outer, dtype=np.int64)[:, None] * (classes * inner)
        self._first = (rows + xp.arange(inner, dtype=np.int64)).reshape(-1)
        self.index, self.places = (xp.zeros(items, dtype=np.int64) for _ in range(2))
        self._valid, self._test = (xp.zeros(items, dtype=np.bool_) for _ in range(2))
        self._whole = xp.zeros(items, dtype=labels.dtype)
        if self.ignore_label is not None:
            self.counted = xp.zeros(items, dtype=np.bool_)

    def read(self) -> None:
        """Read the labels of this batch; fail if one of them is not a class.

        Fills ``index``, the class of each item (0 where ignored), and ``places``, the position of that
        class's score in the flattened scores.
        """
        xp, labels = self.xp, self._labels.data.reshape(-1)
        self._check(labels)
        xp.copyto(self.index, labels, casting="unsafe")
        if (
            self._deferred is not None
        ):  # a wrong label, noticed later, must not lead out of the scores
            xp.multiply(self.index, self._valid, out=self.index)
        if self.counted is not None:
            xp.multiply(self.index, self.counted, out=self.index)
        xp.multiply(self.index, self._inner, out=self.places)
        xp.add(self.places, self._first, out=self.places)

    def _check(self, labels: Any) -> None:
        """Check and count the labels; a GPU notes the outcome, so that the host need not wait for it."""
        xp, valid, test = self.xp, self._valid, self._test
        xp.greater_equal(labels, 0, out=valid)
        xp.less(labels, self.classes, out=test)
        xp.logical_and(valid, test, out=valid)
        xp.rint(labels, out=self._whole)
        xp.equal(labels, self._whole, out=test)
        xp.logical_and(valid, test, out=valid)
        if self.counted is not None:
            xp.not_equal(labels, self.ignore_label, out=self.counted)
            xp.logical_not(self.counted, out=test)
            xp.logical_or(valid, test, out=valid)
        if self._deferred is not None:
            self._deferred.note(xp.logical_not(xp.all(valid)), self._labels.data)
            self.count = self._labels.count
            if self.counted is not None:
                self.count = xp.sum(self.counted, dtype=self.layer.dtype)
            return
        if self.counted is None:
            self.count = self._labels.count
            all_valid = xp.all(valid).item()
        else:
            # A single bad label makes the sum negative.
            self.count = xp.where(valid, self.counted, -self._labels.count - 1).sum().item()
            all_valid = self.count >= 0
        if not all_valid:
            self._fail(self._labels.data)

    def _fail(self, values: Any) -> NoReturn:
        """Fail because of the first of these labels that is not a class."""
        labels = self._labels
        flat = self.layer.device.to_host(values).reshape(-1)
        valid = (flat >= 0) & (flat < self.classes) & (flat == np.rint(flat))
        if self.ignore_label is not None:
            valid |= flat == self.ignore_label
        place = int(np.argmin(valid))
        value = flat[place]
        position = tuple(int(index) for index in np.unravel_index(place, values.shape))
        fraction = np.isfinite(value) and value != np.rint(value)
        cut = "" if not fraction else f" (Caffe would cut {value:.9g} to a whole number)"
        also = "" if self.ignore_label is None else f", or {self.ignore_label} to be ignored"
        self.layer.fail(
            f'bottom "{labels.name}" {labels.shape} holds the label {value:.9g} at {position}; expected '
            f"whole numbers from 0 to {self.classes - 1}{also}, because {self._why()}",
            hint="classes are numbered from 0: compare the labels with the layer that computes the scores"
            + cut,
        )

    def _why(self) -> str:
        """Return the reason for the number of classes."""
        scores = self._scores
        return self.reason or f'bottom "{scores.name}" {scores.shape} has {self.classes} classes'
