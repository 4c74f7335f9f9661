"""Resizing images by OpenCV's methods: nearest, linear, area, cubic, Lanczos; with any number of channels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mycaffe_py.device.memory_limits import require_memory

from .eight_bit import as_eight_bit

METHODS = ("nearest", "linear", "area", "cubic", "lanczos4")
_CUBIC = -0.75  # OpenCV's slope at distance 1
Taps = tuple[np.ndarray, np.ndarray]
"""For each new sample the old ones that it is made of (size, taps), and their weights (size, taps)."""


def resample(image: np.ndarray, size: tuple[int, int], method: str = "linear") -> np.ndarray:
    """Return an image (channels, height, width) resized to (height, width) by one of METHODS.

    Values of uint8 are rounded, within 1 of OpenCV's ``cv2.resize``, which rounds its weights too; others become
    float32. Pixels are areas: new sample i lies at (i + 1/2) * old / new - 1/2; the edge is repeated beyond it.
    ``area`` averages what a new pixel covers where it shrinks in both directions, and is linear otherwise, at other
    places; ``nearest`` takes the old pixel at i * old / new.
    """
    old = image.shape[1:]
    if old == tuple(size):
        return image
    require_memory(8 * len(image) * math.prod(size), f"an image resized to {size}")
    if method == "nearest":
        rows, columns = (
            np.minimum(np.floor(np.arange(new) * _step(was, new)), was - 1).astype(np.intp)
            for was, new in zip(old, size, strict=True)
        )
        return image[:, rows[:, None], columns]
    values = image if image.dtype == np.float32 else image.astype(np.float32)
    shrinks = all(new <= was for was, new in zip(old, size, strict=True))
    for axis, (was, new) in enumerate(zip(old, size, strict=True), start=1):
        if was == new:
            continue
        if method == "area" and shrinks:
            values = _averaged(values, new, axis)
        else:
            values = _weighted(values, *_TAPS[method](was, new), axis)
    if image.dtype != np.uint8:
        return values
    return as_eight_bit(values)


def _weighted(values: np.ndarray, index: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    shape = (-1, 1) if axis == 1 else (-1,)
    result = values.take(index[:, 0], axis) * weights[:, 0].reshape(shape)
    for tap in range(1, index.shape[1]):
        result += values.take(index[:, tap], axis) * weights[:, tap].reshape(shape)
    return result


def _averaged(values: np.ndarray, new: int, axis: int) -> np.ndarray:
    """Return means over the areas that the new pixels cover: differences of the running sum at their edges."""
    was = values.shape[axis]
    sums = np.zeros([n + (i == axis) for i, n in enumerate(values.shape)])
    np.cumsum(
        values, axis=axis, dtype=np.float64, out=sums[(slice(None),) * axis + (slice(1, None),)]
    )
    edges = np.arange(new + 1) * (was / new)
    first = np.minimum(edges.astype(np.intp), was - 1)
    shape = (-1, 1) if axis == 1 else (-1,)
    part = (edges - first).reshape(shape)
    at_edges = sums.take(first, axis) * (1 - part) + sums.take(first + 1, axis) * part
    return (np.diff(at_edges, axis=axis) * (new / was)).astype(np.float32)


def _taps(was: int, places: np.ndarray, reach: int, spread: Callable[..., np.ndarray]) -> Taps:
    """Return the ``reach`` old samples on either side of ``places`` and their weights ``spread(distance)``."""
    first = np.floor(places)
    offsets = np.arange(1 - reach, reach + 1)
    weights = spread((places - first)[:, None] - offsets)
    index = np.clip(first.astype(np.intp)[:, None] + offsets, 0, was - 1)
    return index, weights.astype(np.float32)


def _step(was: int, new: int) -> float:
    """Return was / new, rounded as OpenCV does."""
    return 1 / (new / was)


def _centres(was: int, new: int) -> np.ndarray:
    return (np.arange(new) + 0.5) * (was / new) - 0.5


def _linear(was: int, new: int) -> Taps:
    return _taps(was, _centres(was, new), 1, lambda distance: 1 - np.abs(distance))


def _between(was: int, new: int) -> Taps:
    """Return OpenCV's ``area`` where an image grows: the old pixel, and the next one as far as it is reached."""
    steps = np.arange(new)
    first = np.floor(steps * _step(was, new))
    reached = (steps + 1) - (first + 1) * (new / was)
    reached = np.where(reached <= 0, 0, reached - np.floor(reached))
    return _taps(was, first + reached, 1, lambda distance: 1 - np.abs(distance))


def _cubic(was: int, new: int) -> Taps:
    def spread(distance: np.ndarray) -> np.ndarray:
        d, a = np.abs(distance), _CUBIC
        inner = ((a + 2) * d - (a + 3)) * d * d + 1
        outer = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        return np.where(d <= 1, inner, np.where(d < 2, outer, 0))

    return _taps(was, _centres(was, new), 2, spread)


def _lanczos(was: int, new: int) -> Taps:
    def spread(distance: np.ndarray) -> np.ndarray:
        weights = np.sinc(distance) * np.sinc(distance / 4)
        return weights / weights.sum(axis=1, keepdims=True)

    return _taps(was, _centres(was, new), 4, spread)


_TAPS = {"linear": _linear, "area": _between, "cubic": _cubic, "lanczos4": _lanczos}
