"""Resizing images in NumPy: nearest, linear, quadratic and cubic, with any number of channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, ShapeError

_POLES = {2: math.sqrt(8) - 3, 3: math.sqrt(3) - 2}
"""Poles of the recursive filters that turn samples into B-spline coefficients."""


def resize_image(im: Any, new_dims: Sequence[int], interp_order: int = 1) -> np.ndarray:
    """Resize an image (height, width, channels) to ``new_dims`` (height, width), as float32.

    ``interp_order``: 0 nearest, 1 linear, 2 quadratic, 3 cubic. Any number of channels; values stay
    within the image's range. Pixel centres are aligned as areas, and edges are repeated.
    """
    image = np.asarray(im)
    dims = tuple(int(size) for size in new_dims)
    if image.ndim != 3:
        raise ShapeError(
            f"an image must have axes (height, width, channels), not shape {image.shape}"
        )
    if len(dims) != 2 or min(dims) < 1 or not image.size:
        raise ShapeError(f"an image {image.shape} cannot be resized to {dims}")
    if interp_order not in (0, 1, 2, 3):
        raise ConfigError(f"interp_order must be 0, 1, 2 or 3, got {interp_order}")
    if dims == image.shape[:2]:
        return image.astype(np.float32)
    result = resize_axis(image.astype(np.float64), dims[0], interp_order, 0)
    result = resize_axis(result, dims[1], interp_order, 1)
    return np.clip(result, image.min(), image.max()).astype(np.float32)


def resize_axis(
    values: np.ndarray, size: int, order: int, axis: int, *, mirrored: bool = False
) -> np.ndarray:
    """Interpolate one axis to ``size`` samples by B-splines of ``order`` 0 to 3.

    Pixels are areas: output i lies at (i + 1/2) * old / size - 1/2. Beyond the ends the edge is repeated
    (orders 0, 1, unless ``mirrored``) or the samples are mirrored (2, 3). There is no smoothing before downsampling.
    """
    old = values.shape[axis]
    if size == old:
        return values
    places = (np.arange(size) + 0.5) * (old / size) - 0.5
    coefficients = np.moveaxis(values, axis, 0)
    if order >= 2:
        coefficients = _coefficients(coefficients, _POLES[order])
    # The first of the order + 1 samples whose splines reach a place.
    first = np.floor(places - (order - 1) / 2).astype(int)
    result = np.zeros((size, *coefficients.shape[1:]))
    for tap in range(order + 1):
        index = first + tap
        weights = _spline(places - index, order).reshape(-1, *[1] * (coefficients.ndim - 1))
        result += weights * coefficients[_inside(index, old, mirrored=mirrored or order >= 2)]
    return np.moveaxis(result, 0, axis)


def _inside(index: np.ndarray, size: int, *, mirrored: bool) -> np.ndarray:
    if not mirrored:
        return np.clip(index, 0, size - 1)
    if size == 1:
        return np.zeros_like(index)
    period = 2 * size - 2
    index = np.abs(index) % period
    return np.minimum(index, period - index)


def _spline(distance: np.ndarray, order: int) -> np.ndarray:
    """Return the centred B-spline of an order; it vanishes beyond (order + 1) / 2."""
    far = np.abs(distance)
    if order == 0:
        return np.ones_like(far)
    if order == 1:
        return np.maximum(1 - far, 0)
    if order == 2:
        outer = np.maximum(1.5 - far, 0) ** 2 / 2
        return np.where(far <= 0.5, 0.75 - far**2, outer)
    outer = np.maximum(2 - far, 0) ** 3 / 6
    return np.where(far <= 1, 2 / 3 - far**2 * (2 - far) / 2, outer)


def _coefficients(values: np.ndarray, pole: float) -> np.ndarray:
    """Return the spline coefficients along axis 0 of samples that are mirrored at both ends.

    c+[k] = s[k] + z c+[k-1], then c[k] = z (c[k+1] - c+[k]), times (1 - z)(1 - 1/z) in all.
    """
    size = len(values)
    if size == 1:
        return values
    result = values * ((1 - pole) * (1 - 1 / pole))
    # The sum over the mirrored samples on the left; pole**32 is below rounding.
    reach = np.arange(32)
    powers = (pole**reach).reshape(-1, *[1] * (values.ndim - 1))
    result[0] = (result[_inside(reach, size, mirrored=True)] * powers).sum(axis=0)
    for k in range(1, size):
        result[k] += pole * result[k - 1]
    result[-1] = pole / (pole**2 - 1) * (result[-1] + pole * result[-2])
    for k in range(size - 2, -1, -1):
        result[k] = pole * (result[k + 1] - result[k])
    return result
