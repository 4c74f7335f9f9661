"""transform_param.distort_param: other brightness, contrast, saturation, hue and order of channels, at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.layer import Layer
from mycaffe_py.stores import as_eight_bit

from .colours import from_hsv, to_hsv

_RANGES = ("contrast", "saturation")
_DELTAS = ("brightness", "hue")


class Distortion:
    """SSD's ``distort_param``; Howard, "Some improvements on deep convolutional neural network ...", 2013.

    Brightness first; contrast follows at once or comes after saturation and hue, each in half of the cases; the order
    of channels is last. Values are rounded to 8 bits after each step. Each step is drawn with its ``..._prob``.
    """

    def __init__(self, layer: Layer, param: Any, field: str):
        self._param = param
        for name in _RANGES:
            low, high = (getattr(param, f"{name}_{end}") for end in ("lower", "upper"))
            if not 0 <= low <= high < np.inf and getattr(param, f"{name}_prob") > 0:
                layer.fail(
                    f"{name} is from {low:g} to {high:g}, but must be in rising order and not below 0",
                    field=f"{field}.{name}_lower",
                )
        for name in _DELTAS:
            delta = getattr(param, f"{name}_delta")
            if not 0 <= delta < np.inf:
                layer.fail(
                    f"{name}_delta is {delta:g}, but must not be below 0",
                    field=f"{field}.{name}_delta",
                )

    def apply(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return an image (3, height, width) of uint8 with other colours."""
        param = self._param
        if image.dtype != np.uint8:
            raise DataError("distort_param needs images of 8 bits, but these have floats")
        contrast_first = generator.random() > 0.5
        image = _drawn(image, generator, param.brightness_prob, self._brightness)
        if contrast_first:
            image = _drawn(image, generator, param.contrast_prob, self._contrast)
        image = _drawn(image, generator, param.saturation_prob, self._saturation)
        image = _drawn(image, generator, param.hue_prob, self._hue)
        if not contrast_first:
            image = _drawn(image, generator, param.contrast_prob, self._contrast)
        return _drawn(image, generator, param.random_order_prob, self._order)

    def _brightness(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        delta = generator.uniform(-self._param.brightness_delta, self._param.brightness_delta)
        return as_eight_bit(image + np.float32(delta))

    def _contrast(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        factor = generator.uniform(self._param.contrast_lower, self._param.contrast_upper)
        return as_eight_bit(image * np.float32(factor))

    def _saturation(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        factor = generator.uniform(self._param.saturation_lower, self._param.saturation_upper)
        hsv = to_hsv(_coloured(image))
        hsv[1] = as_eight_bit(hsv[1] * np.float32(factor))
        return from_hsv(hsv)

    def _hue(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        hsv = to_hsv(_coloured(image))
        delta = generator.uniform(-self._param.hue_delta, self._param.hue_delta)
        hsv[0] = as_eight_bit(hsv[0] + np.float32(delta))
        return from_hsv(hsv)

    def _order(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return _coloured(image)[generator.permutation(3)]


def _drawn(
    image: np.ndarray,
    generator: np.random.Generator,
    probability: float,
    change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
) -> np.ndarray:
    return change(image, generator) if generator.random() < probability else image


def _coloured(image: np.ndarray) -> np.ndarray:
    if len(image) != 3:
        raise DataError(
            f"distort_param needs images of 3 channels, but this one has {len(image)}",
            hint="transform_param { force_color: true } decodes all images in colours",
        )
    return image
