"""What scripts take from scikit-image and SciPy through ``caffe.io``, where these are not installed.

``caffe.io.skimage``, ``caffe.io.resize`` and ``caffe.io.zoom`` are the packages' own where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.stores.resizing import resize_axis

_INSTALL = "scikit-image has more: pip install scikit-image"
_LUMINANCE = (0.2125, 0.7154, 0.0721)  # ITU-R BT.709


class _Part:
    """Stands for a module of scikit-image: the functions given here."""

    def __init__(self, name: str, **members: Any):
        self.__name__ = name
        vars(self).update(members)

    def __repr__(self) -> str:
        return f"<what mycaffe-py has of {self.__name__}>"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__name__} has no {name!r} here; {_INSTALL}")


def img_as_float(image: Any) -> np.ndarray:
    """Return an image with values in [0, 1] (unsigned integers) or [-1, 1] (signed ones); floats stay as they are."""
    values = np.asarray(image)
    if values.dtype.kind == "f":
        return values
    if values.dtype == bool:
        return values.astype(np.float64)
    return np.maximum(values.astype(np.float64) / np.iinfo(values.dtype).max, -1)


def img_as_ubyte(image: Any) -> np.ndarray:
    """Return an image as uint8: floats in [-1, 1] times 255, larger integers by their upper eight bits."""
    values = np.asarray(image)
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f" and values.size and (values.min() < -1 or values.max() > 1):
        raise ValueError("images of floats must have values between -1 and 1")
    if values.dtype.kind == "u":
        return (values >> (8 * values.dtype.itemsize - 8)).astype(np.uint8)
    return np.rint(img_as_float(values).clip(0, 1) * 255).astype(np.uint8)


def imread(fname: Any, as_gray: bool = False, **options: Any) -> np.ndarray:
    """Return the image in a file or an open one: (height, width) or (height, width, channels), red first.

    ``as_gray`` gives its luminance as floats in [0, 1].
    """
    from .io import read_pixels

    pixels = read_pixels(fname, alpha=True)
    return rgb2gray(pixels) if as_gray or options.get("as_grey") else pixels


def rgb2gray(image: Any) -> np.ndarray:
    """Return the luminance of an image (..., 3), in [0, 1] for integers; one without colours stays as it is."""
    values = img_as_float(image)
    return values[..., :3] @ np.array(_LUMINANCE) if values.ndim > 2 else values


def gray2rgb(image: Any) -> np.ndarray:
    """Return an image (height, width) with three equal channels."""
    return np.repeat(np.asarray(image)[..., np.newaxis], 3, axis=-1)


def resize(
    image: Any,
    output_shape: Sequence[int],
    order: int = 1,
    mode: str = "reflect",
    cval: float = 0,
    clip: bool = True,
    preserve_range: bool = False,
    anti_aliasing: bool = False,
) -> np.ndarray:
    """Return an image at another size, as ``skimage.transform.resize`` does: integers become floats in [0, 1].

    ``order``: 0 nearest to 3 cubic. Beyond the border the image is mirrored (``mode`` reflect) or its edge repeated
    (edge, for orders 0 and 1). ConfigError for what only scikit-image does: other modes, and smoothing.
    """
    if order not in (0, 1, 2, 3) or anti_aliasing:
        raise ConfigError("caffe.io.resize interpolates by order 0 to 3 only", hint=_INSTALL)
    if mode != "reflect" and (mode != "edge" or order > 1):
        raise ConfigError(f'caffe.io.resize has no mode "{mode}" for order {order}', hint=_INSTALL)
    given = np.asarray(image)
    values = given.astype(np.float64) if preserve_range else img_as_float(given)
    result = values.astype(np.float64)
    for axis, size in enumerate(_sizes(given, output_shape)):
        result = resize_axis(result, size, order, axis, mirrored=mode == "reflect")
    if clip and values.size:
        result = np.clip(result, values.min(), values.max())
    return result.astype(np.float32) if given.dtype == np.float32 else result


def _sizes(image: np.ndarray, output_shape: Sequence[int]) -> list[int]:
    sizes = [int(size) for size in output_shape]
    if not image.size or len(sizes) > image.ndim or any(size < 1 for size in sizes):
        raise ShapeError(f"an image {image.shape} cannot be resized to {tuple(sizes)}")
    return sizes


def zoom(array: Any, zoom: float | Sequence[float], order: int = 3, **options: Any) -> np.ndarray:
    """Return an array enlarged along its axes, corners on corners, as ``scipy.ndimage.zoom`` does, for order 0 and 1.

    ConfigError for what only SciPy does.
    """
    if order not in (0, 1) or options:
        raise ConfigError(
            "caffe.io.zoom has order 0 and 1 here", hint="SciPy has more: pip install scipy"
        )
    values = np.asarray(array)
    factors = np.broadcast_to(np.asarray(zoom, dtype=np.float64), (values.ndim,))
    result = values.astype(np.float64)
    for axis, factor in enumerate(factors):
        old, size = values.shape[axis], round(values.shape[axis] * factor)
        places = np.arange(size) * ((old - 1) / max(size - 1, 1))
        low = np.floor(places + (0.5 if order == 0 else 0)).astype(int).clip(0, old - 1)
        share = (places - low if order else np.zeros(size)).reshape(-1, *[1] * (values.ndim - 1))
        moved = np.moveaxis(result, axis, 0)
        moved = moved[low] * (1 - share) + moved[np.minimum(low + 1, old - 1)] * share
        result = np.moveaxis(moved, 0, axis)
    return result.astype(values.dtype)


skimage = _Part(
    "skimage",
    img_as_float=img_as_float,
    img_as_float64=img_as_float,
    img_as_ubyte=img_as_ubyte,
    io=_Part("skimage.io", imread=imread),
    transform=_Part("skimage.transform", resize=resize),
    color=_Part("skimage.color", rgb2gray=rgb2gray, gray2rgb=gray2rgb),
)
"""Stands for the package where it is not installed."""
