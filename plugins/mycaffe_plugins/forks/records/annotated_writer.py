"""Writing databases of images and the boxes of their objects."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import numpy as np

from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import DatabaseWriter, array_to_datum

from .annotations import Box, put_annotations


class AnnotatedWriter:
    """Writes a new LMDB database of AnnotatedDatum messages, which AnnotatedData and SSD read.

    Use it in a ``with`` statement; the database is complete when the block ends, or else does not exist::

        with AnnotatedWriter("shapes_lmdb") as writer:
            writer.put(image, [Box(1, 0.1, 0.2, 0.5, 0.6)])
    """

    def __init__(self, path: str | os.PathLike[str]):
        self._writer = DatabaseWriter(path)
        self._schema = default_registry().schema

    @property
    def size(self) -> int:
        """Number of records written."""
        return self._writer.size

    def __enter__(self) -> AnnotatedWriter:
        self._writer.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.__exit__(kind, error, traceback)

    def put(self, image: np.ndarray | bytes, boxes: Iterable[Box] | int, name: str = "") -> None:
        """Add an image and the boxes of its objects, or its class.

        ``image``: uint8 (channels, height, width) with colours in the order blue, green, red, or the bytes of an
        image file, stored as they are. ``name`` ends the record's key, which begins with its number.
        """
        record: Any = self._schema.new("AnnotatedDatum")
        if isinstance(image, bytes):
            record.datum.encoded, record.datum.data = True, image
        else:
            record.datum.CopyFrom(array_to_datum(self._schema, image))
        if isinstance(boxes, int):
            record.datum.label = boxes
        else:
            put_annotations(record, boxes)
        key = f"{self.size:08}_{name}".encode(errors="surrogateescape")
        self._writer.put(key[:LONGEST_KEY], record.SerializeToString())


LONGEST_KEY = 511
"""LMDB's limit, in bytes; the number at the front keeps keys distinct."""
