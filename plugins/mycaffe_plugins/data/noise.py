"""transform_param.noise_param: fixed changes of an image, and pixels of one colour at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.layer import Layer
from mycaffe_py.stores import as_eight_bit, decode_image, encode_image

from .colours import equalised, to_grey, to_hsv

_REFUSED = ("clahe", "convert_to_lab")
_POSTERS = (np.arange(256) // 64 * 64 + 32).astype(np.uint8)
_REACH, _SIGMA = 3, 1.5


class Noise:
    """SSD's ``noise_param``, in SSD's order: grey, blur, levels, JPEG, erosion, four values, inverse, pixels of one
    colour, HSV. A grey image stays grey where SSD reads JPEG as colours."""

    def __init__(self, layer: Layer, param: Any, field: str):
        self._param, values = param, param.saltpepper_param.value
        for name in _REFUSED:
            if getattr(param, name):
                layer.fail(f"{name} is not supported", field=f"{field}.{name}")
        if not param.jpeg <= 100:
            layer.fail(
                f"jpeg is {param.jpeg:g}, but a quality is at most 100", field=f"{field}.jpeg"
            )
        if param.saltpepper and not values:
            layer.fail(
                "saltpepper needs a colour", field=f"{field}.saltpepper_param", hint="give value"
            )
        if not 0 <= param.saltpepper_param.fraction <= 1:
            layer.fail(
                f"fraction is {param.saltpepper_param.fraction:g}, but must be from 0 to 1",
                field=f"{field}.saltpepper_param.fraction",
            )
        self._colour = (np.array(values, np.float64) % 256).astype(np.uint8)

    def apply(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return the changed image (channels, height, width) of uint8."""
        param = self._param
        if image.dtype != np.uint8:
            raise DataError("noise_param needs images of 8 bits, but these have floats")
        if (param.decolorize or param.convert_to_hsv) and len(image) != 3:
            raise DataError(
                f"decolorize and convert_to_hsv need 3 channels, but an image has {len(image)}"
            )
        if (param.hist_eq or param.jpeg > 0) and len(image) not in (1, 3):
            raise DataError(f"hist_eq and jpeg need 1 or 3 channels, but an image has {len(image)}")
        if param.decolorize:
            image = np.repeat(to_grey(image), 3, axis=0)
        if param.gauss_blur:
            image = _blurred(image)
        if param.hist_eq:
            image = equalised(image)
        if param.jpeg > 0:
            coded = encode_image(image, "jpg", max(1, int(param.jpeg)))
            image = decode_image(coded, len(image) == 3)
        if param.erode:
            image = _eroded(image)
        if param.posterize:
            image = _POSTERS[image]
        if param.inverse:
            image = 255 - image
        if param.saltpepper:
            image = self._peppered(image, generator)
        return to_hsv(image) if param.convert_to_hsv else image

    def _peppered(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        channels, height, width = image.shape
        if len(self._colour) not in (1, channels):
            raise DataError(
                f"saltpepper_param has {len(self._colour)} values, but an image has {channels} channels"
            )
        count = int(np.floor(self._param.saltpepper_param.fraction * height * width))
        places = generator.integers((height, width), size=(count, 2))
        image = image.copy()
        image[:, places[:, 0], places[:, 1]] = self._colour.reshape(-1, 1)
        return image


def _blurred(image: np.ndarray) -> np.ndarray:
    distances = np.arange(-_REACH, _REACH + 1)
    weights = np.exp(-(distances**2) / (2 * _SIGMA**2)).astype(np.float32)
    weights /= weights.sum()
    values = image.astype(np.float32)
    for axis in (1, 2):
        around = [(0, 0)] * 3
        around[axis] = (_REACH, _REACH)
        padded = np.pad(values, around, mode="reflect" if image.shape[axis] > 1 else "edge")
        length = image.shape[axis]
        values = sum(
            weight * padded.take(range(start, start + length), axis)
            for start, weight in enumerate(weights)
        )
    return as_eight_bit(values)


def _eroded(image: np.ndarray) -> np.ndarray:
    padded = np.pad(image, [(0, 0), (1, 1), (1, 1)], mode="edge")
    sides = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    return np.minimum.reduce([image, *sides])
