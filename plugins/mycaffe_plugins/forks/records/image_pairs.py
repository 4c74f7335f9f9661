"""The base of data layers that read images and images of their labels, listed in pairs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mycaffe_plugins.data import (
    ANNOTATED_ONLY,
    PREFETCH_ONLY,
    Batch,
    DataLayer,
    DataTransformer,
    Order,
    Placement,
    image_prefix,
)
from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError, Location
from mycaffe_py.plugins import Only
from mycaffe_py.stores import read_image, resample, text_lines

PAIR_CONDITIONS = (
    PREFETCH_ONLY,
    Only(
        *(
            f"transform_param.{name}"
            for name in ("force_color", "force_gray", "resize_param", "noise_param")
        ),
        when="never",
    ),
    ANNOTATED_ONLY,
)
"""Conditions of all layers that read pairs."""


@dataclass(frozen=True)
class Pair:
    """A line of a list: the image's path, what belongs to it, and the line's number from 1."""

    image: str
    label: str
    line: int


def read_pairs(path: Path, words: int = 2) -> list[Pair]:
    """Return the pairs of a list, or with ``words`` 1 its images; DataError names file and line."""
    found = []
    for number, line in text_lines(path):
        parts = line.split()
        if len(parts) < words:
            raise DataError(
                f'line {number} of {path} has no second name: "{line}"',
                hint="each line is an image's path, a space and the path of its labels; no path contains a space",
                location=Location(str(path), number, 1, line, len(line)),
            )
        found.append(Pair(parts[0], parts[1] if len(parts) > 1 else "", number))
    if not found:
        raise DataError(f"{path} lists no images")
    return found


class ImagePairData(DataLayer):
    """Base of layers whose list has an image and its labels on each line; tops data and label.

    A subclass says by ``labels_of`` what the labels of an image are (1, height, width), and may change image and
    labels by ``prepared`` before both are cropped and mirrored alike.
    """

    min_top_blobs, max_top_blobs = 2, 2
    words = 2

    def open(self, top: Sequence[Blob]) -> None:
        """Read the list and shape the tops by the first pair."""
        param, field = self.settings, self.settings_field
        self.transformer = self.make_transformer()
        if bool(param.new_height) != bool(param.new_width):
            given = "new_height" if param.new_height else "new_width"
            self.fail("new_height and new_width must be given together", field=f"{field}.{given}")
        self.new_size = (param.new_height, param.new_width) if param.new_height else None
        self.source = self.find_source("list file")
        with self.naming(setting="source"):
            self.pairs = read_pairs(self.source, self.words)
        self.size = len(self.pairs)
        self.position = self.drawn_skip()
        if self.position >= self.size:
            self.fail(
                f"rand_skip skips {self.position} images, but {self.source} lists {self.size}",
                field=f"{field}.rand_skip",
            )
        self.restarted()
        pair = self._pair(self.position)
        self.prefix = image_prefix(self, param.root_folder, self.source, pair.image)
        with self.naming(self._where(pair), "source"):
            image, labels = self._read(pair)
            image, _ = self.prepared(image, labels, self.generator("shape"))
            shape = self.transformer.shape(image.shape)
        top[0].reshape(self.batch_size, *shape)
        top[1].reshape(self.batch_size, 1, *shape[1:])

    def make_transformer(self) -> DataTransformer:
        """Return what crops and mirrors; it applies ``transform_param``."""
        return DataTransformer(self)

    def restarted(self) -> None:
        """Draw a new order."""
        self.order = Order(self.size, self.settings.shuffle, lambda n: self.generator("order", n))

    def load(self, first: int, batch: Batch) -> None:
        """Read the pairs and transform them."""
        generator = self.generator("batch", first)
        for index in range(self.batch_size):
            pair = self._pair(first + index)
            with self.naming(self._where(pair)):
                image, labels = self._read(pair)
                size = image.shape[1:]
                image, labels = self.prepared(image, labels, generator)
                placed = self.put_image(
                    batch, index, image, generator, name=pair.image, sizes="a crop or batch_size 1"
                )
                self._put_labels(batch, index, labels, placed)
                self.put_more(batch, index, size)

    def _put_labels(self, batch: Batch, index: int, labels: np.ndarray, placed: Placement) -> None:
        """Cut the labels as the image was cut."""
        shape = (self.batch_size, 1, *batch.arrays[0].shape[2:])
        target = (batch.arrays[1] if index else batch.array(1, shape))[index]
        left, top = (
            round(edge * length)
            for edge, length in zip(placed.part[:2], labels.shape[:0:-1], strict=True)
        )
        shown = labels[:, top : top + shape[2], left : left + shape[3]]
        target[...] = shown[:, :, ::-1] if placed.mirrored else shown

    # What subclasses define.

    def labels_of(self, pair: Pair, size: tuple[int, ...]) -> np.ndarray:
        """Return the labels (1, height, width) of an image of a size."""
        raise TypeError(f"layer type {self.type} does not define labels_of()")

    def prepared(
        self, image: np.ndarray, labels: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image and labels as they are to be cropped and mirrored."""
        return image, labels

    def put_more(self, batch: Batch, index: int, size: tuple[int, ...]) -> None:
        """Fill further tops of an image that had a size (height, width)."""

    # Reading.

    def label_image(self, pair: Pair, method: str = "nearest") -> np.ndarray:
        """Return the grey image that a pair names, resized like the other one."""
        labels = read_image(self._path(pair.label), color=False)
        return labels if self.new_size is None else resample(labels, self.new_size, method)

    def _read(self, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        image = read_image(self._path(pair.image), self.settings.is_color, self.new_size)
        labels = self.labels_of(pair, image.shape[1:])
        if labels.shape[1:] != image.shape[1:]:
            raise DataError(
                f"{pair.image} is {image.shape[1:]} (height, width), but {pair.label} is {labels.shape[1:]}"
            )
        return image, labels

    def _pair(self, number: int) -> Pair:
        return self.pairs[self.order.place(number)[1]]

    def _path(self, name: str) -> Path:
        return Path(os.fspath(self.prefix) + name)

    def _where(self, pair: Pair) -> str:
        return f"line {pair.line} of {self.source}"
