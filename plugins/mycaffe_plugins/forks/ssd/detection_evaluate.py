"""The DetectionEvaluate layer of SSD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import Only

from ..boxes import overlap_matrix
from .image_sizes import ImageSizes
from .mean_precision import MeanPrecision
from .objects import (
    COLUMNS,
    MOST_ITEMS,
    Objects,
    places_of_each,
    read_objects,
    require_label_blob,
    whole_numbers,
)
from .settings import background, number_of_classes

_FIELD = "detection_evaluate_param"
_PAIRS = 1 << 20
"""Overlaps that are computed at a time."""


class DetectionEvaluate(Layer):
    """Which of the detected boxes are right, by SSD's rules; a test's mean average precision is made of it.

    Bottoms: detections (1, 1, n, 7), as DetectionOutput gives them, and the objects (1, 1, m, 8) of AnnotatedData.
    Top (1, 1, C - 1 + n, 5), in which n counts the rows with a class: first for each class -1, class, number of its
    objects, -1, -1; then for each detection item, class, score, 1 if it is right, and 1 if it is wrong. A detection
    is right if the object that it overlaps most, of its class, is overlapped by ``overlap_threshold`` at least, and
    none of a higher score has that object. With ``evaluate_difficult_gt: false`` difficult objects do not count, nor do
    their detections: both numbers are 0. With a ``name_size_file`` boxes are compared in whole pixels. In a test the
    figure is the mean average precision (see ``eval_type`` and ``ap_version`` of the solver). No gradient. Rules: SSD,
    detection_evaluate_layer.cpp. Made on the host.
    """

    fork = "SSD"

    type = "DetectionEvaluate"
    parameters = (_FIELD,)
    conditions = (Only(f"{_FIELD}.resize_param", when="name_size_file"),)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: there is no gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.settings = param = self.param.detection_evaluate_param
        self.classes = number_of_classes(self, param, _FIELD)
        self.background = background(self, param, self.classes, _FIELD)
        if not param.overlap_threshold > 0:
            self.fail(
                f"overlap_threshold is {param.overlap_threshold:g}, but must be above 0",
                field=f"{_FIELD}.overlap_threshold",
            )
        self.sizes = ImageSizes.of(self, param, _FIELD) if param.name_size_file else None

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top has the rows of the classes until there are data."""
        require_label_blob(self, bottom[0], 7, "the detections")
        require_label_blob(self, bottom[1], COLUMNS, "the objects")
        top[0].reshape(1, 1, self.classes - (self.background >= 0), 5)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the rows of the classes and of the detections."""
        found, labelled = self.device.fetch(bottom[0].data, bottom[1].data)
        objects = read_objects(self, bottom[1], labelled, self.classes, self.background)
        detections = self._detections(bottom[0], found)
        parts = [self._class_rows(objects)]
        for item, places in places_of_each(detections[:, 0]):
            own = detections[places]
            for label, of_label in places_of_each(own[:, 1]):
                parts.append(self._judged(item, label, own[of_label], objects.get(item)))
        if self.sizes is not None:
            # An image without objects and detections, at a batch's end, cannot be seen here.
            self.sizes.advance(1 + int(max([*detections[:, 0], *objects], default=-1)))
        rows = np.concatenate(parts)
        top[0].reshape(1, 1, len(rows), 5)
        top[0].data[...] = self.device.asarray(rows[None, None], dtype=self.dtype)

    def _detections(self, blob: Blob, values: np.ndarray) -> np.ndarray:
        """Return the rows (n, 7) that are detections."""
        rows = values.reshape(-1, 7).astype(np.float64)
        rows = rows[(rows[:, 0] != -1) & (rows[:, 1] != -1)]
        labels = rows[:, 1]
        right = whole_numbers(rows[:, 0], MOST_ITEMS) & whole_numbers(labels, self.classes)
        right &= (labels != self.background) & ~np.isnan(rows[:, 2])
        if not right.all():
            row = rows[int(np.argmin(right))]
            self.fail(
                f'bottom "{blob.name}" {blob.shape} holds the detection {", ".join(f"{value:g}" for value in row)}; '
                f"expected an item from 0 on, a class below {self.classes}, not the background, and a score"
            )
        return rows

    def _class_rows(self, objects: dict[int, Objects]) -> np.ndarray:
        counts = np.zeros(self.classes)
        for each in objects.values():
            counted = each.labels
            if not self.settings.evaluate_difficult_gt:
                counted = counted[~each.difficult]
            counts += np.bincount(counted, minlength=self.classes)
        labels = np.array([label for label in range(self.classes) if label != self.background])
        rows = np.full((len(labels), 5), -1.0)
        rows[:, 1], rows[:, 2] = labels, counts[labels]
        return rows

    def _judged(
        self, item: int, label: int, detections: np.ndarray, objects: Objects | None
    ) -> np.ndarray:
        """Return the rows of an item's detections of one class."""
        own = None if objects is None else objects.labels == label
        if objects is None or own is None or not own.any():
            return self._filled(detections, np.zeros(len(detections)), np.ones(len(detections)))
        detections = detections[np.argsort(-detections[:, 2], kind="stable")]
        nearest, largest = self._nearest(item, detections[:, 3:], objects.boxes[own])
        near = largest >= self.settings.overlap_threshold
        first = np.zeros(len(near), dtype=bool)
        first[np.flatnonzero(near)[np.unique(nearest[near], return_index=True)[1]]] = True
        right, wrong = near & first, ~near | ~first
        if not self.settings.evaluate_difficult_gt:
            left_out = near & objects.difficult[own][nearest]
            right, wrong = right & ~left_out, wrong & ~left_out
        return self._filled(detections, right, wrong)

    def _nearest(
        self, item: int, boxes: np.ndarray, objects: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which of ``objects`` (m, 4) each of ``boxes`` (n, 4) overlaps most, and by how much."""
        at_once, found = max(1, _PAIRS // len(objects)), []
        for start in range(0, len(boxes), at_once):
            overlaps = self._overlaps(
                item, boxes[start : start + at_once], objects.astype(np.float64)
            )
            found.append((overlaps.argmax(axis=1), overlaps.max(axis=1)))
        nearest, largest = zip(*found, strict=True)
        return np.concatenate(nearest), np.concatenate(largest)

    def _overlaps(self, item: int, boxes: np.ndarray, objects: np.ndarray) -> np.ndarray:
        if self.sizes is None:
            return overlap_matrix(np, boxes, objects)
        boxes, objects = (self.sizes.in_pixels(item, each) for each in (boxes, objects))
        return overlap_matrix(np, boxes, objects, pixel=1)

    def _filled(self, detections: np.ndarray, right: Any, wrong: Any) -> np.ndarray:
        rows = np.empty((len(detections), 5))
        rows[:, :3], rows[:, 3], rows[:, 4] = detections[:, :3], right, wrong
        return rows

    def test_tally(self, settings: Any) -> MeanPrecision:
        """Return what makes the mean average precision of a test's rows."""
        return MeanPrecision.of(self, settings)
