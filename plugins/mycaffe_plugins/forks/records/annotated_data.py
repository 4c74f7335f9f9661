"""The AnnotatedData layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_plugins.data import (
    SCALES_ONLY,
    Batch,
    Data,
    Distortion,
    Expansion,
    active,
)
from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError
from mycaffe_py.plugins import Only
from mycaffe_py.stores import datum_to_array, parse_datum

from .annotations import Annotations, Constraint, mirrored, read_annotations, seen_in
from .sampling import Samplers

_COLUMNS = 8


class AnnotatedData(Data):
    """Reads images and the boxes of their objects from an LMDB database of AnnotatedDatum messages.

    No bottoms. Top 0: ``data_param.batch_size`` images (batch, channels, height, width). Top 1, if there is one: a row
    for each object of the batch (1, 1, objects, 8): number of the image in the batch, class, instance, left, upper,
    right and lower edge in parts of what the image shows, from 0 to 1, and whether the object is difficult; one row
    of -1 if there is no object. Records without ``type`` have labels instead (batch, 1, 1, 1).

    Each image gets other colours by ``distort_param``, is put into a larger one by ``expand_param``, and a part of it
    is taken that ``annotated_data_param.batch_sampler`` draws; then the rest of ``transform_param`` is applied. The
    boxes follow. What does not fulfil ``emit_constraint`` or is not in the picture is left out; boxes are cut off at
    its edges. SSD stores the image as JPEG between these steps, which is left out here.
    Liu et al., "SSD: Single Shot MultiBox Detector", 2016, section 2.2.
    """

    type = "AnnotatedData"
    fork = "SSD"
    parameters = ("data_param", "transform_param", "annotated_data_param")
    conditions = (
        Only("data_param.force_encoded_color", when="no transform_param.force_gray"),
        SCALES_ONLY,
    )
    message = "AnnotatedDatum"
    sizes = "resize_param or crop_size, or batch_size 1"

    def open(self, top: Sequence[Blob]) -> None:
        """Open the database and shape the tops by the first record."""
        param = self.param.annotated_data_param
        self.samplers = Samplers(self, param.batch_sampler, "annotated_data_param.batch_sampler")
        self.distortion: Distortion | None = active(
            self, Distortion, "distort_param", "distortion_param"
        )
        self.expansion: Expansion | None = active(
            self, Expansion, "expand_param", "expansion_param"
        )
        self.constraint: Constraint | None = active(self, Constraint, "emit_constraint")
        self.open_database()
        with self.first_record() as value:
            image, record = self._read(value)
            self.has_boxes = record.HasField("type") or param.HasField("anno_type")
            shape = self.transformer.shape(image.shape)
        top[0].reshape(self.batch_size, *shape)
        if len(top) > 1:
            count = max(1, len(read_annotations(record).labels))
            top[1].reshape(
                *((1, 1, count, _COLUMNS) if self.has_boxes else (self.batch_size, 1, 1, 1))
            )

    def load(self, first: int, batch: Batch) -> None:
        """Read the records, take a part of each image and transform it."""
        generator = self.generator("batch", first)
        found: list[np.ndarray] = []
        for index in range(self.batch_size):
            with self.record(first + index) as value:
                image, record = self._read(value)
                if len(self.top_names) > 1:
                    self._check(record)
                shown = self._put(batch, index, image, read_annotations(record), generator)
                found.append(shown.rows(index) if self.has_boxes else _label(record))
        if len(self.top_names) == 1:
            return
        rows = np.concatenate(found)
        if not self.has_boxes:
            rows = rows.reshape(self.batch_size, 1, 1, 1)
        elif not len(rows):
            rows = np.full((1, 1, 1, _COLUMNS), -1)
        else:
            rows = rows.reshape(1, 1, -1, _COLUMNS)
        batch.array(1, rows.shape)[...] = rows

    def _put(
        self,
        batch: Batch,
        index: int,
        image: np.ndarray,
        annotations: Annotations,
        generator: np.random.Generator,
    ) -> Annotations:
        """Put an image into the batch, and return what it shows of the objects."""
        if self.distortion is not None:
            image = self.distortion.apply(image, generator)
        if self.expansion is not None:
            image, around = self.expansion.apply(image, generator)
            if around is not None:
                annotations = seen_in(annotations, around, self.constraint)
        part = self.samplers.draw(annotations.boxes, generator)
        if part is not None:
            image = _cut(image, part)
            annotations = seen_in(annotations, part, self.constraint)
        placed = self.put_image(batch, index, image, generator, name="it", sizes=self.sizes)
        resizing, size = self.transformer.resizing, (image.shape[1], image.shape[2])
        if resizing is not None:
            annotations = annotations.moved(resizing.moved(annotations.boxes, size))
        annotations = seen_in(annotations, placed.part, self.constraint)
        if placed.mirrored:
            annotations = mirrored(annotations)
        if resizing is not None:
            boxes = resizing.in_units(annotations.boxes, size, placed.part)
            annotations = annotations.moved(boxes)
        return annotations

    def _read(self, value: bytes) -> tuple[np.ndarray, Any]:
        """Return the image of a record and the record."""
        record = parse_datum(self.datum, value)
        return datum_to_array(record.datum, self.transformer.color), record

    def _check(self, record: Any) -> None:
        if self.param.annotated_data_param.HasField("anno_type"):
            return
        if record.HasField("type") != self.has_boxes:
            here, first = (
                "boxes" if has else "a label" for has in (record.HasField("type"), self.has_boxes)
            )
            raise DataError(f"it has {here}, but the first record has {first}")
        if not self.has_boxes and not record.datum.HasField("label"):
            raise DataError("it has neither boxes nor a label")


def _label(record: Any) -> np.ndarray:
    return np.array([record.datum.label])


def _cut(image: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return a part of an image, at least one pixel of it; edges are rounded down, as in SSD."""
    height, width = image.shape[1:]
    left, top = min(int(part[0] * width), width - 1), min(int(part[1] * height), height - 1)
    columns = max(1, int((part[2] - part[0]) * width))
    rows = max(1, int((part[3] - part[1]) * height))
    return image[:, top : top + rows, left : left + columns]
