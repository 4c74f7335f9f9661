"""Working arrays of kernels, aligned to the processor's cache lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_LINE = 64
"""Bytes of a cache line: a vector across two of them takes twice as long to load."""


def aligned_zeros(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array of zeros that begins at a cache line."""
    wanted = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(wanted + _LINE, dtype=np.uint8)
    first = -memory.ctypes.data % _LINE
    return memory[first : first + wanted].view(dtype).reshape(shape)


class AlignedBuffers:
    """Named arrays whose memory only grows, so that batches of varying size and length soon allocate nothing."""

    def __init__(self, dtype: Any):
        self._dtype = np.dtype(dtype)
        self._flat: dict[str, Any] = {}

    def array(self, name: str, *shape: int) -> Any:
        """Return the array of that name in that shape: zeros where it has grown, else what was there."""
        count, flat = math.prod(shape), self._flat.get(name)
        if flat is None or flat.size < count:
            self._flat.pop(name, None)  # free the smaller one first
            flat = self._flat[name] = self._zeros(count)
        return flat[:count].reshape(shape)

    def _zeros(self, count: int) -> Any:
        return aligned_zeros((count,), self._dtype)
