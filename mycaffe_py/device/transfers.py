"""Transfers between host and GPU that do not stop the host more often than needed.

A copy from or to ordinary memory makes the host wait. Here values go through pinned memory, asynchronously: several
arrays are fetched with a single wait, and values are sent without any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

_ALIGNMENT = 16
_STAGES = 16
"""How many copies to the device may be under way before the host waits for the oldest one."""


class Transfers:
    """Copies through pinned memory, on the current stream of ``xp`` (CuPy)."""

    def __init__(self, xp: Any):
        self.xp = xp
        self._receiving = np.empty(0, np.uint8)
        self._stages: list[tuple[np.ndarray, Any]] = []
        self._sent = self._arrived = 0
        """Copies to the device that were begun, and how many of them have certainly ended."""

    def fetch(self, arrays: Sequence[Any]) -> list[np.ndarray]:
        """Return copies of device arrays in ordinary memory, after waiting for the device once."""
        starts, total = [], 0
        for array in arrays:
            starts.append(total)
            total += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
        if self._receiving.size < total:
            self._receiving = self._pinned(total)
        stream = self.xp.cuda.get_current_stream()
        views = []
        for array, start in zip(arrays, starts, strict=True):
            part = self._receiving[start : start + array.nbytes]
            view = part.view(array.dtype).reshape(array.shape)
            if array.size:
                array.get(stream=stream, out=view, blocking=False)
            views.append(view)
        stream.synchronize()
        self._arrived = self._sent
        return [view.copy() for view in views]

    def send(self, values: np.ndarray, target: Any) -> None:
        """Copy host values into a C-contiguous device array of their shape, without waiting; its dtype is kept."""
        if not target.size:
            return
        stage, event = self._stage(target.nbytes)
        view = stage[: target.nbytes].view(target.dtype).reshape(target.shape)
        view[...] = values
        stream = self.xp.cuda.get_current_stream()
        target.set(view, stream=stream)
        event.record(stream)

    def _stage(self, size: int) -> tuple[np.ndarray, Any]:
        """Return pinned memory whose last copy is done, and the event that is to mark the end of the next one."""
        number = self._sent
        self._sent += 1
        if number < _STAGES:
            made = (self._pinned(size), self.xp.cuda.Event(disable_timing=True))
            self._stages.append(made)
            return made
        memory, event = self._stages[number % _STAGES]
        if number - _STAGES >= self._arrived:
            event.synchronize()  # waits only if the device is that many copies behind
        if memory.size < size:
            memory = self._pinned(size)
            self._stages[number % _STAGES] = memory, event
        return memory, event

    def _pinned(self, size: int) -> np.ndarray:
        size = max(256, 2 ** math.ceil(math.log2(max(1, size))))
        memory = self.xp.cuda.alloc_pinned_memory(size)
        return np.frombuffer(memory, np.uint8, size)
