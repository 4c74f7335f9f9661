"""The ImageSegData layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mycaffe_plugins.data import Batch, DataTransformer
from mycaffe_py.blob import Blob
from mycaffe_py.device import require_memory
from mycaffe_py.errors import DataError
from mycaffe_py.stores import resample

from .image_pairs import PAIR_CONDITIONS, ImagePairData, Pair

_NONE, _IMAGE = 0, 1
_MOST_SCALE = 1000
"""The largest scale factor."""


class ImageSegData(ImagePairData):
    """Reads images and the classes of their pixels: two words on each line of ``image_data_param.source``.

    No bottoms. Top 0: ``batch_size`` images (batch, channels, height, width). Top 1: the classes (batch, 1, height,
    width): the values of the grey image that the second word names (``label_type`` PIXEL), that word as a number
    (IMAGE), or ``ignore_label`` (NONE). Top 2, if there is one: rows and columns that the image has, at most those
    of top 0 (batch, 1, 1, 2). One of ``transform_param.scale_factors`` is drawn for each image; then it is cropped
    and mirrored together with its classes, and where it is smaller than the crop, padded at the right and below
    with ``mean_value``, the classes with ``ignore_label``. Chen et al., "DeepLab", 2016.
    """

    type = "ImageSegData"
    fork = "DeepLab"
    parameters = ("image_data_param", "transform_param", "data_param")
    conditions = PAIR_CONDITIONS
    settings_field = "image_data_param"
    min_top_blobs, max_top_blobs = 2, 3

    def open(self, top: Sequence[Blob]) -> None:
        """Read the list and shape the tops by the first pair."""
        self.refuse_old_forms()
        param = self.param.transform_param
        if param.HasField("mean_file"):
            self.fail(
                "an image of mean_file does not fit scaled and padded images: give mean_value",
                field="transform_param.mean_file",
            )
        self.ignored = min(self.settings.ignore_label, 255)
        if self.settings.ignore_label > 255:
            self.fail(
                f"ignore_label is {self.settings.ignore_label}, but classes are at most 255",
                field="image_data_param.ignore_label",
            )
        for index, factor in enumerate(param.scale_factors):
            if not 0 < factor <= _MOST_SCALE:
                self.fail(
                    f"a scale factor is {factor:g}, but must be above 0 and at most {_MOST_SCALE}",
                    field=f"transform_param.scale_factors[{index}]",
                )
        self.factors = [np.float32(factor) for factor in param.scale_factors]
        self.words = 1 if self.settings.label_type == _NONE else 2
        super().open(top)
        for sizes in top[2:]:
            sizes.reshape(self.batch_size, 1, 1, 2)

    def make_transformer(self) -> DataTransformer:
        """Return what applies ``transform_param``."""
        transformer = DataTransformer(self)
        values = transformer.mean_values
        self.beside = np.zeros((1, 1, 1), self.dtype) if values is None else values
        return transformer

    def labels_of(self, pair: Pair, size: tuple[int, ...]) -> np.ndarray:
        """Return the classes of an image of a size."""
        if self.settings.label_type == _NONE:
            return np.full((1, *size), self.ignored, np.uint8)
        if self.settings.label_type != _IMAGE:
            return self.label_image(pair)
        try:
            number = int(pair.label)
        except ValueError as error:
            raise DataError(f'"{pair.label}" is no class of the whole image') from error
        return np.full((1, *size), min(max(number, 0), 255), np.uint8)

    def prepared(
        self, image: np.ndarray, labels: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return image and classes scaled, and padded to the crop."""
        if self.factors:
            factor = self.factors[int(generator.integers(len(self.factors)))]
            height, width = (max(1, int(length * factor)) for length in image.shape[1:])
            image = resample(image, (height, width))
            labels = resample(labels, (height, width), "nearest")
        crop, size = self.transformer.crop, image.shape[1:]
        if crop is None or (size[0] >= crop[0] and size[1] >= crop[1]):
            return image, labels
        full = tuple(max(pair) for pair in zip(size, crop, strict=True))
        if len(self.beside) not in (1, len(image)):
            raise DataError(
                f"mean_value is given {len(self.beside)} times, but an image has {len(image)} channels"
            )
        require_memory(
            (len(image) * self.dtype.itemsize + 1) * math.prod(full), f"an image padded to {full}"
        )
        padded = np.empty((len(image), *full), self.dtype)
        padded[...] = self.beside
        padded[:, : size[0], : size[1]] = image
        classes = np.full((1, *full), self.ignored, np.uint8)
        classes[:, : size[0], : size[1]] = labels
        return padded, classes

    def put_more(self, batch: Batch, index: int, size: tuple[int, ...]) -> None:
        """Fill top 2 with the image's size, as far as top 0 shows it."""
        if len(self.top_names) < 3:
            return
        sizes = batch.arrays[2] if index else batch.array(2, (self.batch_size, 1, 1, 2))
        sizes[index] = np.minimum(size, batch.arrays[0].shape[2:])
