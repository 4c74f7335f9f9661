"""Filler: the initial values of a learnable blob."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.memory_limits import require_memory


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return (fan_in, fan_out) of a weight blob by Caffe's rule.

    fan_in = count / shape[0]; fan_out = count / shape[1], or count when there is one axis.
    """
    count = math.prod(shape)
    fan_in = count / shape[0] if shape and shape[0] else float(count)
    fan_out = count / shape[1] if len(shape) > 1 and shape[1] else float(count)
    return fan_in, fan_out


class Filler:
    """Base class of all fillers. A subclass sets ``type`` and returns values from :meth:`values`.

    ``param`` is the FillerParameter message. Values are drawn on the host, so that a seed produces the
    same net on every device.
    """

    kind: ClassVar[str] = "filler"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    uses: ClassVar[tuple[str, ...]] = ()
    """The FillerParameter fields that this filler reads (for ``mycaffe fillers TYPE``)."""

    def __init__(self, param: Any):
        self.param = param
        self.check()

    def check(self) -> None:
        """Raise ConfigError if ``param`` is invalid; called once."""

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Return the initial values, anything that broadcasts to ``shape``."""
        raise TypeError(f"{type(self).__name__} does not define values()")

    def fill(self, blob: Blob) -> None:
        """Write the initial values into ``blob.data``, drawing from the device's generator."""
        require_memory(blob.count * 8, f'filling blob "{blob.name}" {blob.shape}')
        values = np.asarray(self.values(blob.shape, blob.device.rng), dtype=blob.dtype)
        blob.data[...] = blob.device.asarray(np.broadcast_to(values, blob.shape))
