"""pycaffe's ``caffe.coord_map``: the position of one blob's pixels in another blob of a NetSpec.

A map is (axis, scale, shift): an index i along the spatial axes, those after ``axis``, becomes
scale * i + shift; an axis of None fits any. :func:`crop` uses it to cut one blob to the pixels of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mycaffe_py.errors import ConfigError

from .bound_names import bound_names
from .net_spec import Function, Top, layers as L

if not TYPE_CHECKING:
    __getattr__, __dir__ = bound_names(__name__, division="__future__:division")

Map: TypeAlias = "tuple[int | None, Any, Any]"

PASS_THROUGH_LAYERS = [
    "AbsVal", "BatchNorm", "Bias", "BNLL", "Clip", "Dropout", "Eltwise", "ELU", "Exp", "Log", "LRN",
    "MVN", "Power", "PReLU", "ReLU", "Scale", "Sigmoid", "Split", "Swish", "TanH", "Threshold",
]  # fmt: skip
"""Types whose tops have the same pixels as their bottoms."""

_ONE_SIDED = {"pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w"}
_IDENTITY: Map = (None, 1, 0)


class UndefinedMapException(ConfigError):
    """A layer between whose tops and bottoms there is no coordinate map of this form."""


class AxisMismatchException(ConfigError):
    """Composition of maps with different spatial axes."""


def _settings(fn: Function, field: str) -> dict[str, Any]:
    return {**fn.params, **fn.params.get(field, {})}


def conv_params(fn: Function) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Return (axis, stride, dilated kernel size, pad) of a layer with windows.

    Raises UndefinedMapException for kernel_h and its like, which pycaffe does not map either, and without kernel_size.
    """
    field = "pooling_param" if fn.type_name == "Pooling" else "convolution_param"
    settings = _settings(fn, field)
    if _ONE_SIDED & settings.keys():
        raise UndefinedMapException(
            f"{fn.type_name}: coordinates are not mapped through {', '.join(sorted(_ONE_SIDED & settings.keys()))}",
            hint="give kernel_size, stride and pad as lists instead",
        )
    if "kernel_size" not in settings:
        raise UndefinedMapException(f"{fn.type_name}: no kernel_size, so coordinates have no map")
    size, stride, pad, dilation = (
        np.array(settings.get(name, default), ndmin=1)
        for name, default in (("kernel_size", 1), ("stride", 1), ("pad", 0), ("dilation", 1))
    )
    return settings.get("axis", 1), stride, (size - 1) * dilation + 1, pad


def crop_params(fn: Function) -> tuple[int, np.ndarray]:
    """Return (axis, offset) of a layer of type Crop: the first spatial axis, by default 2; offsets, by default 0."""
    settings = _settings(fn, "crop_param")
    return settings.get("axis", 2), np.array(settings.get("offset", 0), ndmin=1)


def coord_map(fn: Function) -> Map:
    """Return the map from the coordinates of a layer's bottoms to those of its tops.

    With k for the size of the kernel, Convolution, Pooling and Im2col have scale 1 / stride,
    shift (pad - (k - 1) / 2) / stride; Deconvolution has scale stride, shift (k - 1) / 2 - pad; Crop has
    shift -offset. Raises UndefinedMapException for other types that are not in PASS_THROUGH_LAYERS.
    """
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, size, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (size - 1) / 2) / stride
    if fn.type_name == "Deconvolution":
        axis, stride, size, pad = conv_params(fn)
        return axis, stride, (size - 1) / 2 - pad
    if fn.type_name in PASS_THROUGH_LAYERS:
        return _IDENTITY
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset  # a map names the axis before the spatial ones
    raise UndefinedMapException(f"{fn.type_name}: coordinates are not mapped through this type")


def compose(base_map: Map, next_map: Map) -> Map:
    """Return the map that applies ``next_map`` and then ``base_map``."""
    axis1, scale1, shift1 = base_map
    axis2, scale2, shift2 = next_map
    if axis1 is not None and axis2 is not None and axis1 != axis2:
        raise AxisMismatchException(
            f"spatial axes follow axis {axis1} in one map, axis {axis2} in the other"
        )
    return axis2 if axis1 is None else axis1, scale1 * scale2, scale1 * shift2 + shift1


def inverse(coord_map: Map) -> Map:
    """Return the map in the opposite direction."""
    axis, scale, shift = coord_map
    return axis, 1 / scale, -shift / scale


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """Return the map from the coordinates of ``top_from`` to those of ``top_to``.

    It goes via a blob from which both are computed. Raises RuntimeError if there is none.
    """
    from_maps = dict(_ancestors(top_from))
    for top, to_map in _ancestors(top_to):
        if top in from_maps:
            return compose(to_map, inverse(from_maps[top]))
    raise RuntimeError(
        f"no map between the coordinates of {top_from} and {top_to}: they are not connected by layers "
        "whose coordinates are mapped"
    )


def _ancestors(top: Top) -> Iterator[tuple[Top, Map]]:
    """Yield a blob and those that it is computed from, nearest first, each with the map to it."""
    maps = {top: _IDENTITY}
    waiting = [top]
    for top in waiting:
        yield top, maps[top]
        try:
            own = coord_map(top.fn)
        except UndefinedMapException:
            continue
        # The second bottom of Crop gives a size and no pixels.
        for bottom in top.fn.inputs[: 1 if top.fn.type_name == "Crop" else None]:
            if bottom not in maps:
                maps[bottom] = compose(maps[top], own)
                waiting.append(bottom)


def crop(top_from: Top, top_to: Top) -> Top:
    """Return ``L.Crop(top_from, top_to)`` with the axis and offset that align their pixels.

    Raises AssertionError if no crop can do that: the scales differ, or the offset is negative or fractional.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    scale, shift = np.array(scale, ndmin=1), np.array(shift, ndmin=1)
    _require(scale == 1, f"scale mismatch on crop (a = {scale})")
    _require(shift <= 0, f"cannot crop negative offset (b = {shift})")
    _require(np.round(shift) == shift, f"cannot crop noninteger offset (b = {shift})")
    offset = [int(-value) for value in shift]
    return L.Crop(
        top_from, top_to, crop_param={"axis": 2 if axis is None else axis + 1, "offset": offset}
    )


def _require(holds: np.ndarray, message: str) -> None:
    if not holds.all():
        raise AssertionError(message)
