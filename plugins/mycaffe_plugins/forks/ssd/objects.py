"""The objects of a batch, as SSD's label blobs list them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer

COLUMNS = 8
"""Item, class, instance, xmin, ymin, xmax, ymax, difficult."""
MOST_CLASSES = 1 << 31
MOST_ITEMS = 1 << 31


class Objects(NamedTuple):
    """The objects of one image, in the order of the blob; host arrays."""

    boxes: np.ndarray
    """(n, 4), in parts of the image."""
    labels: np.ndarray
    """(n), classes."""
    difficult: np.ndarray
    """(n), bool."""


def require_label_blob(layer: Layer, blob: Blob, columns: int, what: str) -> None:
    """Fail unless a blob is (1, 1, n, columns)."""
    if blob.num_axes != 4 or blob.shape[:2] != (1, 1) or blob.shape[3] != columns:
        layer.fail(f'{what}, bottom "{blob.name}" {blob.shape}, must be (1, 1, n, {columns})')


def read_objects(
    layer: Layer, blob: Blob, values: np.ndarray, classes: int, background: int
) -> dict[int, Objects]:
    """Return the objects by item; ``values`` is the blob (1, 1, n, 8) on the host.

    Rows of item -1 are none. Fails at a row that is not finite, and at classes that there are not.
    """
    rows = values.reshape(-1, COLUMNS)
    rows = rows[rows[:, 0] != -1]
    items, labels = rows[:, 0], rows[:, 1]
    finite = np.isfinite(rows).all(axis=1)
    right = finite & whole_numbers(items, MOST_ITEMS) & whole_numbers(labels, classes)
    right &= labels != background
    if not right.all():
        row = rows[int(np.argmin(right))]
        but = "" if background < 0 else f" but {background}, the background"
        layer.fail(
            f'bottom "{blob.name}" {blob.shape} holds the object {", ".join(f"{value:g}" for value in row)}; expected '
            f"an item from 0 on, a class from 0 to {classes - 1}{but}, its instance, xmin, ymin, xmax, ymax and "
            "whether it is difficult",
            hint="compare num_classes with the labels of the data",
        )
    numbers = items.astype(np.int64)
    return {item: _objects(rows[places]) for item, places in places_of_each(numbers)}


def places_of_each(numbers: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each of ``numbers`` (n), in rising order, with its places, in order."""
    order = np.argsort(numbers, kind="stable")
    values, starts, counts = np.unique(numbers[order], return_index=True, return_counts=True)
    for value, start, count in zip(values, starts, counts, strict=True):
        yield int(value), order[start : start + count]


def whole_numbers(values: np.ndarray, limit: int) -> np.ndarray:
    """Return which of values are whole numbers from 0 on below a limit."""
    return (values >= 0) & (values < limit) & (values == np.floor(values))


def _objects(rows: np.ndarray) -> Objects:
    return Objects(rows[:, 3:7], rows[:, 1].astype(np.int64), rows[:, 7] != 0)


def easy_objects(objects: dict[int, Objects]) -> dict[int, Objects]:
    """Return the objects without difficult ones; items without any are left out."""
    easy = {
        item: Objects(*(part[~each.difficult] for part in each)) for item, each in objects.items()
    }
    return {item: each for item, each in easy.items() if len(each.labels)}
