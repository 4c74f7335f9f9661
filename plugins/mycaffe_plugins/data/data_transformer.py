"""transform_param: converts an image to a net's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.layer import TRAIN, Layer
from mycaffe_py.plugins import Only
from mycaffe_py.stores import read_mean

from .noise import Noise
from .resizing_step import Resizing

_RGB = 0

ANNOTATED_ONLY = Only(
    *(
        f"transform_param.{name}"
        for name in (
            *("emit_constraint", "distort_param", "distortion_param"),
            *("expand_param", "expansion_param"),
        )
    ),
    when="never",
)
"""What layers without boxes declare: SSD applies these settings in AnnotatedData alone."""

SCALES_ONLY = Only("transform_param.scale_factors", when="never")
"""What layers declare that do not scale images at random."""


@dataclass(frozen=True)
class Placement:
    """Which part of an image, resized where ``resize_param`` says so, became a net's input."""

    part: tuple[float, float, float, float]
    """Its left, upper, right and lower edge, in parts of the image's width and height."""
    mirrored: bool
    """Whether left and right were swapped."""


class DataTransformer:
    """Resizes, crops, mirrors, subtracts the mean and scales: y = (x - mean) * scale.

    ``resize_param`` and ``noise_param`` (SSD) come first. ``crop_size``: a square at a random position in TRAIN, in the
    centre in TEST; ``crop_h`` by ``crop_w`` for other forms. ``mirror``: left and right swapped with probability
    1/2, in both phases. The mean is ``mean_file``, an image as large as the uncropped one, read at the position of
    the crop; or ``mean_value``, one for all channels or one for each. ``color_order`` RGB (MyCaffe) turns the
    channels of coloured images round, which are blue, green and red; ``mean_value`` is in the new order.
    ``force_color`` and ``force_gray`` decode encoded records to three channels or one; other records stay as they are.
    """

    def __init__(self, layer: Layer):
        param = layer.param.transform_param
        self.crop, self.mirror = crop_of(layer), param.mirror
        self.scale = layer.dtype.type(param.scale)
        self.random_crop = layer.phase == TRAIN
        self.color = True if param.force_color else False if param.force_gray else None
        if param.force_color and param.force_gray:
            layer.fail(
                "force_color and force_gray exclude each other",
                field="transform_param.force_gray",
            )
        self.turned = param.HasField("color_order") and param.color_order == _RGB
        _refuse_active(layer, "mask_param", "label_mapping")
        self.resizing: Resizing | None = active(layer, Resizing, "resize_param")
        self._noise: Noise | None = active(layer, Noise, "noise_param")
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
        if self.resizing is not None:
            height, width = self.resizing.size((height, width))
            image = (channels, height, width)
        crop = self.crop
        if crop is not None and (crop[0] > height or crop[1] > width):
            named = f"crop_size {crop[0]}" if crop[0] == crop[1] else f"the crop {crop}"
            raise DataError(f"an image {image} (channels, height, width) is smaller than {named}")
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
        return image if crop is None else (channels, *crop)

    def apply(
        self, image: np.ndarray, out: np.ndarray, generator: np.random.Generator
    ) -> Placement:
        """Write the transformed image to ``out``, whose shape is that of :meth:`shape`; return what it shows."""
        flip = bool(self.mirror and generator.integers(2))
        if self.resizing is not None:
            image = self.resizing.apply(image, generator)
        if self._noise is not None:
            image = self._noise.apply(image, generator)
        height, width = image.shape[1:]
        rows, columns = slice(0, height), slice(0, width)
        if self.crop is not None:
            rows, columns = (
                self._cut(length, crop, generator)
                for length, crop in zip(image.shape[1:], self.crop, strict=True)
            )
        image = self.in_order(image[:, rows, columns])
        mean = self.mean_values
        if self.mean_image is not None:
            mean = self.in_order(self.mean_image[:, rows, columns])
        target = out[:, :, ::-1] if flip else out
        if mean is None:
            target[...] = image
        else:
            np.subtract(image, mean, out=target, dtype=out.dtype, casting="unsafe")
        if self.scale != 1:
            out *= self.scale
        edges = (
            *(columns.start / width, rows.start / height),
            *(columns.stop / width, rows.stop / height),
        )
        return Placement(edges, flip)

    def in_order(self, image: np.ndarray) -> np.ndarray:
        """Return an image (channels, height, width) in the order of ``color_order``."""
        return image[::-1] if self.turned and len(image) == 3 else image

    def _cut(self, length: int, crop: int, generator: np.random.Generator) -> slice:
        room = length - crop
        start = int(generator.integers(room + 1)) if self.random_crop else room // 2
        return slice(start, start + crop)


def active(layer: Layer, make: Any, *names: str) -> Any:
    """Return ``make(layer, settings, field)`` of the block of ``transform_param`` that is given, or None.

    ``names`` are the names that forks gave the block; MyCaffe's ``option { active: false }`` turns it off.
    """
    param = layer.param.transform_param
    given = [name for name in names if param.HasField(name) and _is_active(getattr(param, name))]
    if len(given) > 1:
        layer.fail(f"{' and '.join(given)} are the same", field=f"transform_param.{given[1]}")
    return make(layer, getattr(param, given[0]), f"transform_param.{given[0]}") if given else None


def _is_active(block: Any) -> bool:
    return bool(block.active and block.option.active)


def _refuse_active(layer: Layer, *names: str) -> None:
    for name in names:
        if active(layer, lambda *_: True, name):
            layer.fail(
                f"MyCaffe's {name} is not supported",
                field=f"transform_param.{name}",
                hint=f"remove {name}, or write option {{ active: false }} in it",
            )


def crop_of(layer: Layer) -> tuple[int, int] | None:
    """Return rows and columns of the crop that ``transform_param`` asks for; None without one."""
    param = layer.param.transform_param
    found: dict[str, tuple[int, int]] = {}
    for rows, columns in (
        ("crop_size", "crop_size"),
        ("crop_h", "crop_w"),
        ("crop_height", "crop_width"),
    ):
        size = (getattr(param, rows), getattr(param, columns))
        if all(size):
            found[rows] = size
        elif any(size):
            missing, given = (rows, columns) if size[1] else (columns, rows)
            layer.fail(f"{given} needs {missing}", field=f"transform_param.{given}")
    if len(found) > 1:
        first, second = list(found)[:2]
        layer.fail(f"give {first} or {second}, not both", field=f"transform_param.{second}")
    return next(iter(found.values()), None)
