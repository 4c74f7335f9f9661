"""The ImageData layer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.plugins import Only
from mycaffe_py.stores import ImageEntry, read_image, read_list

from .data_layer import PREFETCH_ONLY, Batch, DataLayer
from .data_transformer import (
    ANNOTATED_ONLY,
    SCALES_ONLY,
    DataTransformer,
)
from .folders import image_prefix
from .order import Order


class ImageData(DataLayer):
    """Reads image files and labels listed in a text file: a path, a space and a label per line.

    No bottoms. Top 0: ``batch_size`` images (batch, channels, height, width), three channels in the
    order blue, green, red, or one if ``is_color`` is false; resized to ``new_height`` by
    ``new_width`` if given, then transformed by ``transform_param``. Top 1: the labels
    (batch). ``root_folder`` is put before each path. ``shuffle`` draws a new order for each pass;
    ``rand_skip`` skips a random number of images at the start, at most that many.
    """

    type = "ImageData"
    parameters = ("image_data_param", "transform_param", "data_param")
    conditions = (
        PREFETCH_ONLY,
        Only("transform_param.force_color", "transform_param.force_gray", when="never"),
        ANNOTATED_ONLY,
        SCALES_ONLY,
        Only("image_data_param.label_type", "image_data_param.ignore_label", when="never"),
    )
    settings_field = "image_data_param"
    exact_num_top_blobs = 2

    def open(self, top: Sequence[Blob]) -> None:
        """Read the list and shape the tops by the first image."""
        self.refuse_old_forms()
        self.transformer = DataTransformer(self)
        param = self.settings
        if bool(param.new_height) != bool(param.new_width):
            given = "new_height" if param.new_height else "new_width"
            self.fail(
                "new_height and new_width must be given together", field=f"image_data_param.{given}"
            )
        self.new_size = (param.new_height, param.new_width) if param.new_height else None
        self.source = self.find_source("list file")
        with self.naming(setting="source"):
            self.entries = read_list(self.source)
        self.size = len(self.entries)
        self.position = self.drawn_skip()
        if self.position >= self.size:
            self.fail(
                f"rand_skip skips {self.position} images, but {self.source} lists {self.size}",
                field="image_data_param.rand_skip",
            )
        self.restarted()
        entry = self._entry(self.position)
        self.prefix = image_prefix(self, param.root_folder, self.source, entry.path)
        with self.naming(self._where(entry), "source"):
            shape = self.transformer.shape(self._read(entry).shape)
        top[0].reshape(self.batch_size, *shape)
        top[1].reshape(self.batch_size)

    def restarted(self) -> None:
        """Draw a new order."""
        self.order = Order(self.size, self.settings.shuffle, lambda n: self.generator("order", n))

    def load(self, first: int, batch: Batch) -> None:
        """Read the images and transform them."""
        generator = self.generator("batch", first)
        labels = batch.array(1, (self.batch_size,))
        for index in range(self.batch_size):
            entry = self._entry(first + index)
            with self.naming(self._where(entry)):
                self.put_image(
                    batch,
                    index,
                    self._read(entry),
                    generator,
                    name=entry.path,
                    sizes="new_height and new_width, or crop_size",
                )
            labels[index] = entry.label

    def _entry(self, number: int) -> ImageEntry:
        return self.entries[self.order.place(number)[1]]

    def _read(self, entry: ImageEntry) -> np.ndarray:
        path = Path(os.fspath(self.prefix) + entry.path)
        return read_image(path, self.settings.is_color, self.new_size)

    def _where(self, entry: ImageEntry) -> str:
        return f"line {entry.line} of {self.source}"
