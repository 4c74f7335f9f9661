"""The SegAccuracy layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.device import require_memory
from mycaffe_py.layer import Layer, require_images
from mycaffe_py.stored import Stored

FIELD = "seg_accuracy_param"
_MOST = 1 << 53
"""The most pixels of a pair of classes that a state may have: what float64 counts one by one."""


class SegAccuracy(Layer):
    """Figures of a segmentation: share of right pixels, mean over the classes, intersection over union.

    Bottoms: scores (N, C, H, W) and labels (N, 1, H, W). The predicted class is that of the highest score, the first
    of equals; with a single channel there are two classes, 1 for scores above 0.5. Pixels whose label is an
    ``ignore_label`` do not count. Top (1, 1, 1, 3): the share of the pixels that are right; the mean, over the classes
    that occur, of the share of a class's pixels that are right; the mean over all classes of pixels with label and
    prediction / pixels with either, 1 for a class with neither. A further top (1, 1, 1, 3) for each ``output_label``:
    its precision, recall and intersection over union, 0 where nothing could be divided.

    The figures are of the batch, or with ``reset: false`` of all batches since the layer was made. No gradient.
    """

    type = "SegAccuracy"
    fork = "DeepLab, PSPNet"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 2
    min_top_blobs = 1
    allows_in_place = False
    compared_element = 2
    """The best weights of a run are those with the best intersection over union in a test."""

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: there is no gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and make an empty table of counts."""
        param = self.param.seg_accuracy_param
        require_images(self, bottom[0])
        self.channels = bottom[0].shape[1]
        if not self.channels:
            self.fail(f'bottom "{bottom[0].name}" {bottom[0].shape} has no channels')
        self.classes = max(2, self.channels)
        self.shown = list(param.output_label)
        for label in self.shown:
            if not 0 <= label < self.classes:
                self.fail(
                    f"output_label {label} is not one of the {self.classes} classes",
                    field=f"{FIELD}.output_label",
                )
        if len(top) != 1 + len(self.shown):
            self.fail(
                f"needs {1 + len(self.shown)} tops, one and another for each output_label, got {len(top)}",
                field=f"{FIELD}.output_label" if self.shown else "",
            )
        require_memory(8 * self.classes**2, f"the table of {self.classes} x {self.classes} classes")
        self.counts = np.zeros((self.classes, self.classes), dtype=np.int64)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the shapes."""
        scores, labels = bottom
        require_images(self, scores)
        if scores.shape[1] != self.channels:
            self.fail(
                f'bottom "{scores.name}" {scores.shape} has {scores.shape[1]} channels, but at setup '
                f"it had {self.channels}"
            )
        expected = (scores.shape[0], 1, *scores.shape[2:])
        if labels.shape != expected:
            self.fail(
                f'bottom "{labels.name}" {labels.shape} must hold a label for each pixel of bottom '
                f'"{scores.name}" {scores.shape}: expected {expected}'
            )
        for blob in top:
            blob.reshape(1, 1, 1, 3)

    def _labels(self, labels: Blob) -> np.ndarray:
        """Return the labels as whole numbers, -1 for those to be ignored."""
        values = self.device.to_host(labels.data).reshape(-1)
        ignored = np.isin(values, list(self.param.seg_accuracy_param.ignore_label))
        good = ignored | ((values >= 0) & (values < self.classes) & (values == np.rint(values)))
        if not good.all():
            place = int(np.argmin(good))
            self.fail(
                f'bottom "{labels.name}" {labels.shape} holds the label {values[place]:.9g} at index {place}; expected '
                f"whole numbers from 0 to {self.classes - 1}, or one of ignore_label"
            )
        return np.where(ignored, -1, values).astype(np.int64)

    def _predicted(self, scores: Blob) -> np.ndarray:
        data = scores.data
        found = self.xp.argmax(data, axis=1) if self.channels > 1 else data[:, 0] > 0.5
        return self.device.to_host(found).reshape(-1).astype(np.int64)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Count, and write the figures."""
        labels, predicted = self._labels(bottom[1]), self._predicted(bottom[0])
        counted = labels >= 0
        pairs = labels[counted] * self.classes + predicted[counted]
        found = np.bincount(pairs, minlength=self.classes**2).reshape(self.counts.shape)
        self.counts = found + (0 if self.param.seg_accuracy_param.reset else self.counts)
        figures = _Figures(self.counts)
        rows = [figures.overall(), *map(figures.of, self.shown)]
        for blob, row in zip(top, rows, strict=True):
            blob.data[...] = self.device.asarray(row, dtype=self.dtype).reshape(1, 1, 1, 3)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Fail if a gradient is asked for."""
        self.refuse_gradients(propagate_down, bottom, (0, 1))

    def state(self) -> Any:
        """Return the counts so far, if they are kept."""
        return None if self.param.seg_accuracy_param.reset else {"counts": self.counts}

    def load_state(self, state: Any) -> None:
        """Restore the counts."""
        stored = Stored(state, f'layer "{self.name}" ({self.type})')
        counts = stored.array("counts", self.counts.shape, None)
        if counts.dtype.kind not in "iu" or not ((counts >= 0) & (counts <= _MOST)).all():
            raise stored.wrong("counts", f"a table of whole numbers from 0 to {_MOST}")
        self.counts = counts.astype(np.int64)


class _Figures:
    """What a table (label, prediction) of counts says."""

    def __init__(self, counts: np.ndarray):
        self.hits = np.diagonal(counts).astype(np.float64)
        self.labelled, self.predicted = counts.sum(axis=1), counts.sum(axis=0)
        self.either = self.labelled + self.predicted - self.hits

    def overall(self) -> list[float]:
        """Return the three figures over all classes."""
        occurs = self.labelled > 0
        shares = self.hits[occurs] / self.labelled[occurs]
        overlap = np.where(self.either > 0, self.hits / np.maximum(self.either, 1), 1.0)
        total = self.labelled.sum()
        return [
            self.hits.sum() / max(total, 1),
            shares.mean() if occurs.any() else 0.0,
            overlap.mean(),
        ]

    def of(self, label: int) -> list[float]:
        """Return precision, recall and intersection over union of a class."""
        divisors = (self.predicted[label], self.labelled[label], self.either[label])
        return [self.hits[label] / max(divisor, 1) for divisor in divisors]
