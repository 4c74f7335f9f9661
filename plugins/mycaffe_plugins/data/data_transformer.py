"""transform_param: converts an image to a net's input."""

from __future__ import annotations

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.layer import TRAIN, Layer
from mycaffe_py.stores import read_mean


class DataTransformer:
    """Crops, mirrors, subtracts the mean and scales: y = (x - mean) * scale.

    ``crop_size``: a square at a random position in TRAIN, in the centre in TEST. ``mirror``: left and
    right swapped with probability 1/2, in both phases. The mean is ``mean_file``, an image as large
    as the uncropped one, read at the position of the crop; or ``mean_value``, one for all channels or
    one for each. ``force_color`` and ``force_gray`` decode encoded records to three
    channels or one; other records stay as they are.
    """

    def __init__(self, layer: Layer):
        param = layer.param.transform_param
        self.crop_size, self.mirror = param.crop_size, param.mirror
        self.scale = layer.dtype.type(param.scale)
        self.random_crop = layer.phase == TRAIN
        self.color = True if param.force_color else False if param.force_gray else None
        if param.force_color and param.force_gray:
            layer.fail(
                "force_color and force_gray exclude each other",
                field="transform_param.force_gray",
            )
        self.mean_file = ""
        self.mean_image: np.ndarray | None = None
        self.mean_values: np.ndarray | None = None
        if param.HasField("mean_file"):
            self._read_mean_file(layer)
        elif param.mean_value:
            values = np.array(param.mean_value, dtype=layer.dtype)
            self.mean_values = values.reshape(-1, 1, 1)

    def _read_mean_file(self, layer: Layer) -> None:
        param, field = layer.param.transform_param, "transform_param.mean_file"
        if param.mean_value:
            layer.fail("give mean_file or mean_value, not both", field="transform_param.mean_value")
        path = layer.find_file(param.mean_file, field, "mean file")
        try:
            mean = read_mean(layer.context.registry.schema, path)
        except DataError as error:
            layer.fail(error.message, field=field, hint=error.hint)
        self.mean_file, self.mean_image = param.mean_file, mean.astype(layer.dtype)

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a transformed image; DataError if the settings do not fit the image."""
        channels, height, width = image
        crop = self.crop_size
        if crop > min(height, width):
            raise DataError(
                f"an image {image} (channels, height, width) is smaller than crop_size {crop}"
            )
        if self.mean_image is not None and self.mean_image.shape != image:
            raise DataError(
                f'the mean of mean_file "{self.mean_file}" is {self.mean_image.shape}, but an image is '
                f"{image} (channels, height, width)",
                hint="the mean must be that of these records: compute it with mycaffe compute-image-mean",
            )
        if self.mean_values is not None and len(self.mean_values) not in (1, channels):
            raise DataError(
                f"mean_value is given {len(self.mean_values)} times, but an image is {image}: it has "
                f"{channels} channels",
                hint="give one value for all channels, or one for each",
            )
        return (channels, crop, crop) if crop else image

    def apply(self, image: np.ndarray, out: np.ndarray, generator: np.random.Generator) -> None:
        """Write the transformed image to ``out``, whose shape is that of :meth:`shape`."""
        flip = self.mirror and generator.integers(2)
        mean = self.mean_values
        rows = columns = slice(None)
        if self.crop_size:
            rows, columns = (self._cut(length, generator) for length in image.shape[1:])
        image = image[:, rows, columns]
        if self.mean_image is not None:
            mean = self.mean_image[:, rows, columns]
        target = out[:, :, ::-1] if flip else out
        if mean is None:
            target[...] = image
        else:
            np.subtract(image, mean, out=target, dtype=out.dtype, casting="unsafe")
        if self.scale != 1:
            out *= self.scale

    def _cut(self, length: int, generator: np.random.Generator) -> slice:
        room = length - self.crop_size
        start = int(generator.integers(room + 1)) if self.random_crop else room // 2
        return slice(start, start + self.crop_size)
