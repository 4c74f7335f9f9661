"""transform_param.resize_param: resizes an image, and moves the boxes of its objects."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.layer import Layer
from mycaffe_py.stores import as_eight_bit, resample

WARP, FIT_SMALL_SIZE, FIT_LARGE_SIZE_AND_PAD = 1, 2, 3
_METHODS = {1: "linear", 2: "area", 3: "nearest", 4: "cubic", 5: "lanczos4"}
_PADDING = {2: "reflect", 3: "edge"}


class Resizing:
    """SSD's ``resize_param``: WARP to the size; FIT_SMALL_SIZE around it; FIT_LARGE_SIZE_AND_PAD within it."""

    def __init__(self, layer: Layer, param: Any, field: str):
        self.mode, self.target = param.resize_mode, (param.height, param.width)
        self.methods = [_METHODS[number] for number in param.interp_mode] or ["linear"]
        self.pad_mode, self.pad_values = param.pad_mode, np.array(param.pad_value, np.float32)
        self.units = (param.height_scale, param.width_scale)
        for name, length in zip(("height", "width"), self.target, strict=True):
            if not length:
                layer.fail(f"{name} must be given and at least 1", field=f"{field}.{name}")
        if param.prob != 1:
            layer.fail(
                f"prob is {param.prob:g}, but all images are resized",
                field=f"{field}.prob",
                hint="SSD does not read prob here either: remove it",
            )

    def size(self, image: tuple[int, int]) -> tuple[int, int]:
        """Return the size (height, width) that an image of a size gets."""
        return self._inner(image) if self.mode == FIT_SMALL_SIZE else self.target

    def _inner(self, image: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the image itself, without padding; SSD rounds it down, with floats of 32 bits."""
        height, width = self.target
        form, wanted = _form(image), _form(self.target)
        if self.mode == WARP:
            return self.target
        if (form > wanted) == (self.mode == FIT_LARGE_SIZE_AND_PAD):
            return max(1, math.floor(np.float32(width) / form)), width
        return height, max(1, math.floor(form * np.float32(height)))

    def apply(self, image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return an image (channels, height, width) resized."""
        methods = self.methods
        method = methods[int(generator.integers(len(methods)))] if len(methods) > 1 else methods[0]
        inner = self._inner((image.shape[1], image.shape[2]))
        result = resample(image, inner, method)
        if self.mode != FIT_LARGE_SIZE_AND_PAD or inner == self.target:
            return result
        return self._padded(result)

    def _padded(self, image: np.ndarray) -> np.ndarray:
        channels = len(image)
        room = [full - own for full, own in zip(self.target, image.shape[1:], strict=True)]
        around = [(0, 0), *((each // 2, each - each // 2) for each in room)]
        if self.pad_mode in _PADDING:
            return np.pad(image, around, mode=_PADDING[self.pad_mode])  # type: ignore[call-overload]
        values = self.pad_values if len(self.pad_values) else np.zeros(1, np.float32)
        if len(values) not in (1, channels):
            raise DataError(
                f"pad_value is given {len(values)} times, but an image has {channels} channels",
                hint="give one value for all channels, or one for each",
            )
        result = np.empty((channels, *self.target), image.dtype)
        if image.dtype == np.uint8:
            values = as_eight_bit(values)
        result[...] = values.astype(image.dtype).reshape(-1, 1, 1)
        (top, _), (left, _) = around[1:]
        result[:, top : top + image.shape[1], left : left + image.shape[2]] = image
        return result

    def moved(self, boxes: np.ndarray, image: tuple[int, int]) -> np.ndarray:
        """Return ``boxes`` (N, 4) of an image of a size, in parts of its sides, in parts of the resized one's."""
        if self.mode != FIT_LARGE_SIZE_AND_PAD:
            return np.clip(boxes, 0, 1)
        form, wanted = float(_form(image)), float(_form(self.target))
        share = np.array([min(1, form / wanted), min(1, wanted / form)] * 2)  # of width, height
        return np.clip(boxes, 0, 1) * share + (1 - share) / 2

    def in_units(
        self, boxes: np.ndarray, image: tuple[int, int], part: tuple[float, ...]
    ) -> np.ndarray:
        """Return ``boxes`` (N, 4) in ``part`` of the resized image in units of ``height_scale``, ``width_scale``."""
        if self.mode != FIT_SMALL_SIZE or not all(self.units):
            return boxes
        form = float(_form(image))
        height, width = self.target
        narrow = form < _form(self.target)
        size = (width, width / form) if narrow else (form * height, height)
        shown = np.array([size[0] * (part[2] - part[0]), size[1] * (part[3] - part[1])])
        units = np.array([self.units[1], self.units[0]])
        if (shown + 1e-3 < units).any():
            raise DataError(
                f"what is shown is {shown[1]:g} x {shown[0]:g}, which is less than height_scale {units[1]} and "
                f"width_scale {units[0]}"
            )
        return boxes * np.tile(shown / units, 2)


def _form(size: tuple[int, int]) -> np.float32:
    """Return width / height."""
    return np.float32(size[1]) / np.float32(size[0])
