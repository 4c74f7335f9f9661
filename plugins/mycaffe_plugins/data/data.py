"""The Data layer."""

from __future__ import annotations

from collections.abc import Sequence

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
from .data_transformer import DataTransformer


class Data(DataLayer):
    """Reads the records of an LMDB database of Datum messages, in key order and cyclically.

    No bottoms. Top 0: ``batch_size`` images (batch, channels, height, width), transformed by
    ``transform_param``; each batch takes its size from its first record. Top 1, if there is one:
    the labels (batch). ``rand_skip`` skips a random number of records at the start, at most that many;
    ``force_encoded_color`` is the old name of ``transform_param.force_color``. ``backend`` is not
    needed: the format of ``source`` is detected, and a LevelDB database is refused with a hint on
    how to convert it.
    """

    type = "Data"
    parameters = ("data_param", "transform_param")
    conditions = (Only("data_param.force_encoded_color", when="no transform_param.force_gray"),)
    settings_field = "data_param"
    min_top_blobs, max_top_blobs = 1, 2

    def open(self, top: Sequence[Blob]) -> None:
        """Open the database and shape the tops by the first record."""
        self.refuse_old_forms()
        self.transformer = DataTransformer(self)
        if self.settings.force_encoded_color and self.transformer.color is None:
            self.transformer.color = True
        self.datum = self.context.registry.schema.message_class("Datum")
        self.source = self.find_source("database")
        with self.naming(setting="source"):
            database = open_database(self.source)
        self.size = database.size
        if not self.size:
            self.fail(f"database {self.source} has no records", field="data_param.source")
        self.records: Records | None = None
        self.position = self.drawn_skip()
        key = b""
        with self.naming(lambda: self._where(0, key), "source"):
            key, value = database.records().read(0)
            shape = self.transformer.shape(self._parse(value)[0].shape)
        top[0].reshape(self.batch_size, *shape)
        for labels in top[1:]:
            labels.reshape(self.batch_size)

    def load(self, first: int, batch: Batch) -> None:
        """Read the records and transform their images."""
        if self.records is None:
            self.records = self._open_again()
        generator = self.generator("batch", first)
        labels = batch.array(1, (self.batch_size,)) if len(self.top_names) > 1 else None
        for index in range(self.batch_size):
            label = self._put_record((first + index) % self.size, batch, index, generator)
            if labels is not None:
                labels[index] = label

    def _put_record(
        self, number: int, batch: Batch, index: int, generator: np.random.Generator
    ) -> int:
        """Put the image of a record into item ``index``, and return its label."""
        assert self.records is not None
        key = b""
        with self.naming(lambda: self._where(number, key)):
            key, value = self.records.read(number)
            image, label = self._parse(value)
            self.put_image(
                batch, index, image, generator, name="it", sizes="crop_size, or batch_size 1"
            )
        return label

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
