"""What a FORECAST layer keeps: checking it, and float64 numbers as sums of two float32 numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import Layer

_LARGEST = float(np.finfo(np.float32).max)
_SMALLEST = float(np.finfo(np.float32).tiny)
_AXES = {
    "gain": ("distances", "outputs"),
    "band": ("distances", "outputs", ""),
    "weights": ("distances", "outputs", "features"),
    "centre": ("columns",),
    "spread": ("columns",),
}


def parted(values: np.ndarray) -> np.ndarray:
    """Return (2, 2, C) for (2, C): each row as float32 numbers, and below them what these lack of it."""
    first = values.astype(np.float32)
    rest = (values - first).astype(np.float32)
    return np.stack([first, rest], axis=1)


def joined(scale: np.ndarray) -> np.ndarray:
    """Return (2, C) in float64 for (2, 2, C): the sums of first and rest."""
    return scale.astype(np.float64).sum(axis=1)


def refuse_memory(layer: Layer, name: str, values: Any, kept: dict[str, np.ndarray]) -> np.ndarray:
    """Return values for the entry ``name`` of ``kept`` as an array of float64, or fail."""
    if name not in kept:
        layer.fail(f'remember() got "{name}", but takes only {", ".join(kept)}')
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        layer.fail(f"{name} must be an array of numbers, not {values!r:.60}")
    _check_shape(layer, name, array, kept[name].shape)
    with np.errstate(over="ignore"):
        finite = np.isfinite(array.astype(layer.dtype))
    if name in ("centre", "spread"):
        finite &= np.abs(array) <= _LARGEST
    _check_all(layer, name, array, finite, f"finite numbers in {layer.dtype.name}")
    if name == "spread":
        _check_all(layer, name, array, array >= _SMALLEST, f"numbers from {_SMALLEST:.3g} on")
    if name == "band":
        wrong = np.argwhere(array[..., 0] > array[..., 1])
        if wrong.size:
            place = tuple(map(int, wrong[0]))
            lower, upper = array[place]
            layer.fail(
                f"band at {place} has the lower end {lower:g} above the upper one, {upper:g}"
            )
    return array


def _check_shape(layer: Layer, name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape == shape:
        return
    what = f"{name} is {array.shape}, expected {shape}"
    if array.ndim == len(shape):
        for setting, given, expected in zip(_AXES[name], array.shape, shape, strict=True):
            if setting and given != expected:
                layer.fail(
                    f"{what}: {setting} is {expected}",
                    field=f"forecast_param.{setting}",
                    hint=f"set forecast_param.{setting} to {given}, or give values for {expected}",
                )
    layer.fail(what)


def _check_all(layer: Layer, name: str, array: np.ndarray, good: np.ndarray, expected: str) -> None:
    if not good.all():
        place = tuple(map(int, np.argwhere(~good)[0]))
        layer.fail(f"{name} holds {array[place]:g} at {place}, expected {expected}")
