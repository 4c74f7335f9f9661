"""transform_param.expand_param: puts an image into a larger one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.device import require_memory
from mycaffe_py.errors import DataError
from mycaffe_py.layer import Layer
from mycaffe_py.stores import as_eight_bit

Part = tuple[float, float, float, float]
_LEAST = 0.01  # a ratio nearer to 1 changes nothing, as in SSD


class Expansion:
    """SSD's ``expand_param``: somewhere in an image up to ``max_expand_ratio`` times as wide and high.

    The rest is ``mean_value``, rounded, or 0.
    """

    def __init__(self, layer: Layer, param: Any, field: str):
        self.probability, self.most = param.prob, param.max_expand_ratio
        if not 1 <= self.most < np.inf:
            layer.fail(
                f"max_expand_ratio is {self.most:g}, but must be at least 1",
                field=f"{field}.max_expand_ratio",
            )
        if layer.param.transform_param.HasField("mean_file"):
            layer.fail(
                "an expanded image is larger than that of mean_file: give mean_value instead",
                field="transform_param.mean_file",
            )
        self._fill = as_eight_bit(np.array(layer.param.transform_param.mean_value))

    def apply(
        self, image: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, Part | None]:
        """Return the image, and what it shows in parts of the old one's sides, beyond 0 and 1; None if unchanged."""
        if generator.random() > self.probability or self.most - 1 < _LEAST:
            return image, None
        ratio = generator.uniform(1, self.most)
        channels, height, width = image.shape
        full = (int(height * ratio), int(width * ratio))
        require_memory(channels * math.prod(full) * image.itemsize, "an expanded image")
        top, left = (
            math.floor(generator.uniform(0, new - old))
            for new, old in zip(full, (height, width), strict=True)
        )
        result = np.zeros((channels, *full), image.dtype)
        if len(self._fill):
            if len(self._fill) not in (1, channels):
                raise DataError(
                    f"mean_value is given {len(self._fill)} times, but an image has {channels} channels"
                )
            result[...] = self._fill.reshape(-1, 1, 1)
        result[:, top : top + height, left : left + width] = image
        right, bottom = full[1] - left, full[0] - top
        return result, (-left / width, -top / height, right / width, bottom / height)
