"""Filler: the initial values of a learnable blob."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.memory_limits import require_memory
from mycaffe_py.errors import PluginCodeError
from mycaffe_py.refusing import Refuses


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return (fan_in, fan_out) of a weight blob by Caffe's rule.

    fan_in = count / shape[0]; fan_out = count / shape[1], or count when there is one axis.
    """
    count = math.prod(shape)
    fan_in = count / shape[0] if shape and shape[0] else float(count)
    fan_out = count / shape[1] if len(shape) > 1 and shape[1] else float(count)
    return fan_in, fan_out


class Filler(Refuses):
    """Base class of all fillers. A subclass sets ``type`` and returns values from :meth:`values`.

    ``param`` is the FillerParameter message. Values are drawn on the host, so that a seed produces the
    same net on every device.
    """

    kind: ClassVar[str] = "filler"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    uses: ClassVar[tuple[str, ...]] = ()
    """The FillerParameter fields that this filler reads besides those that ``schema`` adds."""

    def __init__(self, param: Any):
        self.param = param
        self.check()

    def check(self) -> None:
        """Raise ConfigError, by :meth:`fail`, if ``param`` is invalid; called once."""

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Return the initial values, anything that broadcasts to ``shape``."""
        raise TypeError(f"{type(self).__name__} does not define values()")

    def fill(self, blob: Blob) -> None:
        """Write the initial values into ``blob.data``, drawing from the device's generator."""
        each = 8 + np.dtype(blob.dtype).itemsize  # drawn in double precision, then written
        require_memory(blob.count * each, f'filling blob "{blob.name}" {blob.shape}')
        where = f'for blob "{blob.name}" {blob.shape}'
        returned = self.values(blob.shape, blob.device.rng)
        if returned is None:
            raise PluginCodeError(
                f"filler {self.type}: values() returned None {where}",
                hint="write return ..., with an array of that shape, or what broadcasts to it",
            )
        with np.errstate(over="ignore"):  # what is too large for the blob's numbers is inf
            values = _as_numbers(returned, blob.dtype)
            bad = _not_finite(values, blob.dtype)
        try:
            spread = np.broadcast_to(values, blob.shape)
        except ValueError:
            raise PluginCodeError(
                f"filler {self.type}: values() returned an array of shape {values.shape} {where}"
            ) from None
        if bad is not None:
            self.fail(f"values() returned {bad} {where}")
        device = (
            blob.device
        )  # NumPy converts the values as they are written, without a copy of them
        blob.data[...] = spread if device.is_host else device.asarray(spread, dtype=blob.dtype)


def _as_numbers(returned: Any, dtype: Any) -> np.ndarray:
    """Return values as an array; large arrays are converted only when they are written to the blob."""
    if isinstance(returned, np.ndarray) and returned.dtype.kind in "fiu":
        return returned
    return np.asarray(returned, dtype=dtype)


def _not_finite(values: np.ndarray, dtype: Any) -> float | None:
    """Return a value that is NaN, or infinite in ``dtype``, if there is any; needs no array of its own."""
    if not values.size:
        return None
    extremes = np.array([values.min(), values.max()], dtype=dtype)
    bad = extremes[~np.isfinite(extremes)]
    return float(bad[0]) if bad.size else None
