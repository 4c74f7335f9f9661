"""The objects of an image: read from a record, written into one, and what a part of the image shows of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mycaffe_py.layer import Layer

from ..boxes import areas, clip


@dataclass(frozen=True)
class Box:
    """An object: its class and its place in parts of the image's width and height, from 0 to 1."""

    label: int
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool = False


@dataclass(frozen=True)
class Annotations:
    """The objects of an image, in the order of the record: groups of a class each, and their objects."""

    labels: np.ndarray
    """The classes (N)."""
    instances: np.ndarray
    """Their numbers within their class (N)."""
    boxes: np.ndarray
    """Left, upper, right and lower edges in parts of the image's width and height (N, 4)."""
    difficult: np.ndarray
    """Whether they are hard to recognise (N)."""

    def kept(self, which: np.ndarray, boxes: np.ndarray) -> Annotations:
        """Return the objects that ``which`` (N) is true for, with new ``boxes`` (N, 4)."""
        return Annotations(
            self.labels[which], self.instances[which], boxes[which], self.difficult[which]
        )

    def moved(self, boxes: np.ndarray) -> Annotations:
        """Return the objects at other ``boxes`` (N, 4)."""
        return replace(self, boxes=boxes)

    def rows(self, item: int) -> np.ndarray:
        """Return a row (item, class, instance, xmin, ymin, xmax, ymax, difficult) for each object (N, 8)."""
        columns = (np.full(len(self.labels), item), self.labels, self.instances)
        return np.column_stack((*columns, self.boxes, self.difficult)).astype(np.float64)


def read_annotations(record: Any) -> Annotations:
    """Return the objects of an AnnotatedDatum."""
    labels, instances, boxes, difficult = [], [], [], []
    for group in record.annotation_group:
        for one in group.annotation:
            labels.append(group.group_label)
            instances.append(one.instance_id)
            boxes.append((one.bbox.xmin, one.bbox.ymin, one.bbox.xmax, one.bbox.ymax))
            difficult.append(one.bbox.difficult)
    return Annotations(
        np.array(labels, np.int64),
        np.array(instances, np.int64),
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array(difficult, bool),
    )


def put_annotations(record: Any, boxes: Iterable[Box]) -> None:
    """Write objects into an AnnotatedDatum: a group for each class, and the objects of each numbered from 0."""
    groups: dict[int, Any] = {}
    record.type = 0  # BBOX
    for box in boxes:
        if box.label not in groups:
            groups[box.label] = record.annotation_group.add(group_label=box.label)
        one = groups[box.label].annotation.add(instance_id=len(groups[box.label].annotation))
        place = one.bbox
        place.xmin, place.ymin, place.xmax, place.ymax = box.xmin, box.ymin, box.xmax, box.ymax
        place.difficult = box.difficult


def covered(boxes: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the share of each of ``boxes`` (..., 4) that lies in ``part`` (..., 4); 0 for one without area."""
    common = areas(
        np,
        np.concatenate(
            np.broadcast_arrays(
                np.maximum(boxes[..., :2], part[..., :2]),
                np.minimum(boxes[..., 2:], part[..., 2:]),
            ),
            axis=-1,
        ),
    )
    return np.where(common > 0, common / np.maximum(areas(np, boxes), np.finfo(float).tiny), 0)


class Constraint:
    """SSD's ``emit_constraint``: which objects a part of an image keeps, besides those that do not meet it at all.

    CENTER: those whose centre is in the part, edges included. MIN_OVERLAP: those of which more than ``emit_overlap``
    is in it.
    """

    def __init__(self, layer: Layer, param: Any, field: str):
        self._by_centre, self._least = param.emit_type == 0, param.emit_overlap

    def keeps(self, boxes: np.ndarray, part: np.ndarray) -> np.ndarray:
        """Return which of ``boxes`` (N, 4) a ``part`` (4) of the image keeps (N)."""
        if not self._by_centre:
            return covered(boxes, part) > self._least
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        return np.all((centres >= part[:2]) & (centres <= part[2:]), axis=1)


def seen_in(
    annotations: Annotations, part: Iterable[float], constraint: Constraint | None = None
) -> Annotations:
    """Return what a part (xmin, ymin, xmax, ymax) of an image shows: boxes in parts of it, cut off at its edges.

    Boxes that do not meet it, have no area or do not fulfil the constraint are left out. The part may be larger than
    the image.
    """
    edges = np.array(list(part), np.float64)
    size = np.tile(edges[2:] - edges[:2], 2)
    shown = clip(np, (annotations.boxes - np.tile(edges[:2], 2)) / size, 1, 1)
    kept = areas(np, shown) > 0
    if constraint is not None:
        kept &= constraint.keeps(annotations.boxes, edges)
    return annotations.kept(kept, shown)


def mirrored(annotations: Annotations) -> Annotations:
    """Return the objects of an image whose left and right are swapped."""
    boxes = annotations.boxes[:, [2, 1, 0, 3]]
    boxes[:, [0, 2]] = 1 - boxes[:, [0, 2]]
    return annotations.moved(boxes)
