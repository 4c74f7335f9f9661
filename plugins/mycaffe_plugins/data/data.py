"""The Data layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError
from mycaffe_py.plugins import Only
from mycaffe_py.stores import (
    Records,
    datum_to_array,
    open_database,
    parse_datum,
    record_name,
)

from .data_layer import Batch, DataLayer
from .data_transformer import (
    ANNOTATED_ONLY,
    SCALES_ONLY,
    DataTransformer,
)
from .order import Order


class Data(DataLayer):
    """Reads the records of an LMDB database of Datum messages, in key order and cyclically.

    No bottoms. Top 0: ``batch_size`` images (batch, channels, height, width), transformed by
    ``transform_param``; each batch takes its size from its first record. Top 1, if there is one:
    the labels (batch). ``rand_skip`` skips a random number of records at the start, at most that many;
    with ``enable_random_selection`` (MyCaffe's; NVIDIA's and Intel's ``shuffle``) each pass over the records has an
    order of its own, drawn from the seed; ``force_encoded_color`` is the old name of
    ``transform_param.force_color``. ``backend`` is not needed: the format of ``source`` is detected, and a LevelDB
    database is refused with a hint on how to convert it.
    """

    type = "Data"
    parameters: ClassVar[tuple[str, ...]] = ("data_param", "transform_param")
    conditions: ClassVar[tuple[Only, ...]] = (
        Only("data_param.force_encoded_color", when="no transform_param.force_gray"),
        ANNOTATED_ONLY,
        SCALES_ONLY,
    )
    settings_field = "data_param"
    min_top_blobs, max_top_blobs = 1, 2
    message: ClassVar[str] = "Datum"
    """The message that a record is."""
    sizes: ClassVar[str] = "crop_size, or batch_size 1"
    """What images of different sizes need, in messages."""

    def open(self, top: Sequence[Blob]) -> None:
        """Open the database and shape the tops by the first record."""
        self.open_database()
        with self.first_record() as value:
            shape = self.transformer.shape(self._parse(value)[0].shape)
        top[0].reshape(self.batch_size, *shape)
        for labels in top[1:]:
            labels.reshape(self.batch_size)

    def open_database(self) -> None:
        """Read the settings and open the database."""
        self.refuse_old_forms()
        self.transformer = DataTransformer(self)
        if self.settings.force_encoded_color and self.transformer.color is None:
            self.transformer.color = True
        self.datum: Any = self.context.registry.schema.message_class(self.message)
        self.source = self.find_source("database")
        with self.naming(setting="source"):
            self._database = open_database(self.source)
        self.size = self._database.size
        if not self.size:
            self.fail(f"database {self.source} has no records", field="data_param.source")
        self.records: Records | None = None
        self.position = self.drawn_skip()
        self.restarted()

    @contextmanager
    def first_record(self) -> Iterator[bytes]:
        """Give the bytes of the first record; data errors in the block name it and the setting."""
        key = b""
        with self.naming(lambda: self._where(0, key), "source"):
            key, value = self._database.records().read(0)
            yield value
        del self._database  # it is closed when no longer used

    def restarted(self) -> None:
        """Draw a new order."""
        random = self.settings.enable_random_selection
        self.order = Order(self.size, random, lambda turn: self.generator("order", turn))

    def load(self, first: int, batch: Batch) -> None:
        """Read the records and transform their images."""
        generator = self.generator("batch", first)
        labels = batch.array(1, (self.batch_size,)) if len(self.top_names) > 1 else None
        for index in range(self.batch_size):
            with self.record(first + index) as value:
                image, label = self._parse(value)
                self.put_image(batch, index, image, generator, name="it", sizes=self.sizes)
            if labels is not None:
                labels[index] = label

    @contextmanager
    def record(self, number: int) -> Iterator[bytes]:
        """Give the bytes of a record, counted on from pass to pass; data errors in the block name it."""
        if self.records is None:
            self.records = self._open_again()
        number, key = self.order.place(number)[1], b""
        with self.naming(lambda: self._where(number, key)):
            key, value = self.records.read(number)
            yield value

    def _open_again(self) -> Records:
        """Return a reader of the database as :meth:`open` saw it; DataError if another one is there now."""
        with self.naming():
            database = open_database(self.source)
            if database.size != self.size:
                raise DataError(
                    f"database {self.source} had {self.size} records when the net was built and has "
                    f"{database.size} now"
                )
        return database.records()

    def _parse(self, value: bytes) -> tuple[np.ndarray, int]:
        """Return image and label of a record."""
        datum = parse_datum(self.datum, value)
        return datum_to_array(datum, self.transformer.color), datum.label

    def _where(self, number: int, key: bytes) -> str:
        name = record_name(number, key)
        return f"{name} of {self.source}" if key else name  # errors in reading it name the file

    def close(self) -> None:
        """Stop the thread; the database is closed when no layer uses it."""
        super().close()
        self.records = None
