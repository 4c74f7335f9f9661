"""Recording what is done with strict arrays, as a stream records work for a graph: nothing is computed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_CUBLAS = ("dot", "inner", "matmul", "tensordot", "vdot", "einsum", "__matmul__")
_THRUST = ("sort", "argsort", "partition", "argpartition", "searchsorted")

_recording: Recording | None = None


class Recording:
    """The operations of a graph, in their order; :meth:`replay` computes them.

    ``allocates``: whether arrays may be made, whose memory the graph keeps. Refused is what CuPy refuses.
    """

    def __init__(self, allocates: Callable[[], bool]):
        self._allocates = allocates
        self._operations: list[Callable[[], Any]] = []
        self._kept: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._operations)

    def add(self, operation: Callable[[], Any]) -> None:
        """Record something that writes into memory that is there."""
        self._operations.append(operation)

    def compute(self, function: Callable[..., Any], args: Any, words: Any) -> Any:
        """Record a function that returns a new array, or views of its arguments; return it, its values unknown."""
        result = _of_unknown_values(function, args, words)
        arguments = [value for value in (*args, *words.values()) if isinstance(value, np.ndarray)]
        if isinstance(result, list | tuple):
            if not all(any(np.may_share_memory(r, a) for a in arguments) for r in result):
                raise RuntimeError("several new arrays at once are not recorded")
            return result
        array = np.asarray(result)
        if any(np.may_share_memory(array, other) for other in arguments):
            return result
        if not self._allocates():
            raise RuntimeError("memory is allocated that the graph does not keep")
        self._kept.append(array)
        if array.dtype.kind == "f":
            array.fill(np.nan)
        self.add(lambda: np.copyto(array, function(*args, **words)))
        return array

    def replay(self) -> None:
        """Compute everything that was recorded."""
        for operation in self._operations:
            operation()


def _of_unknown_values(function: Callable[..., Any], args: Any, words: Any) -> Any:
    """Return a result of the right shape; indices, whose values are unknown, are taken as 0 if they lead nowhere."""
    with np.errstate(all="ignore"):  # unknown values may be NaN, which no whole number is
        try:
            return function(*args, **words)
        except IndexError:
            return function(args[0], *map(_without_indices, args[1:]), **words)


def _without_indices(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_without_indices, value))
    is_index = isinstance(value, np.ndarray) and value.dtype.kind in "iu"
    return np.zeros_like(value) if is_index else value


def begin(recording: Recording) -> None:
    """Record from now on instead of computing."""
    global _recording
    if _recording is not None:
        raise RuntimeError("a stream is being captured already")
    _recording = recording


def end() -> Recording:
    """Compute again; return what was recorded."""
    global _recording
    if _recording is None:
        raise RuntimeError("no stream is being captured")
    found, _recording = _recording, None
    return found


def is_recording() -> bool:
    """Whether a stream is being captured."""
    return _recording is not None


def refuse_waiting(why: str) -> None:
    """Raise RuntimeError while a stream is being captured."""
    if _recording is not None:
        raise RuntimeError(f"{why} is not permitted while a stream is being captured")


def _refuse_cublas(name: str) -> None:
    """Raise what CuPy raises when a function that calls cuBLAS is to be captured."""
    if name in _CUBLAS:
        raise NotImplementedError(
            "calling cuBLAS API during stream capture is currently unsupported"
        )


def computed(name: str, function: Callable[..., Any], args: Any, words: Any) -> Any:
    """Return a function's result, or record it."""
    if _recording is None:
        return function(*args, **words)
    _refuse_cublas(name)
    if name in _THRUST:
        raise RuntimeError(f"{name}() allocates by itself, which a graph does not keep")
    return _recording.compute(function, args, words)


def written(name: str, operation: Callable[[], Any]) -> None:
    """Do something that writes into existing memory, or record it."""
    if _recording is None:
        operation()
        return
    _refuse_cublas(name)
    _recording.add(operation)
