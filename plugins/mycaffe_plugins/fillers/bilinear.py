"""The bilinear filler."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError

from .dense import DenseFiller


class Bilinear(DenseFiller):
    """Weights of a bilinear interpolation, for a Deconvolution that upsamples.

    For kernels of K x K: f = ceil(K / 2), c = (K - 1) / (2 f), element (i, j) is
    (1 - |i / f - c|) * (1 - |j / f - c|), the same for every pair of channels.
    """

    type = "bilinear"
    uses = ()

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Return a single kernel, which broadcasts to the shape."""
        if len(shape) != 4 or shape[2] != shape[3]:
            raise ConfigError(
                'a filler of type "bilinear" needs a blob of 4 axes with square kernels, '
                f"got shape {shape}"
            )
        size = shape[3]
        factor = -(-size // 2)
        centre = (size - 1) / (2 * factor) if factor else 0.0
        line = 1.0 - np.abs(np.arange(size) / max(1, factor) - centre)
        return np.outer(line, line)
