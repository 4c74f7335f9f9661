"""Hue, saturation and value of 8-bit images, and grey, as OpenCV computes them."""

from __future__ import annotations

import numpy as np

from mycaffe_py.stores import as_eight_bit

_BITS = 12
_HALF = 1 << 13
_RANGE = np.arange(256)
_BY_VALUE = np.rint((255 << _BITS) / np.maximum(_RANGE, 1)).astype(np.int32) * (_RANGE > 0)
_BY_SPAN = np.rint((180 << _BITS) / (6 * np.maximum(_RANGE, 1))).astype(np.int32) * (_RANGE > 0)
_BEGINS = np.array([1, 3, 5], np.float32)
"""Blue, green and red: how far 0 degrees are from where the channel is at its value, in sixths of the circle."""


def to_hsv(image: np.ndarray) -> np.ndarray:
    """Return hue (0 to 179, half degrees), saturation and value of an image (3, height, width), all uint8.

    ``image``: blue, green, red. OpenCV's COLOR_BGR2HSV in its integers, bit for bit.
    """
    blue, green, red = image.astype(np.int32)
    value = np.maximum(np.maximum(blue, green), red)
    span = value - np.minimum(np.minimum(blue, green), red)
    hue = np.where(
        value == red,
        green - blue,
        np.where(value == green, blue - red + 2 * span, red - green + 4 * span),
    )
    half = 1 << (_BITS - 1)
    saturation = (span * _BY_VALUE[value] + half) >> _BITS
    hue = (hue * _BY_SPAN[span] + half) >> _BITS
    hue += 180 * (hue < 0)
    return np.stack((hue, saturation, value)).astype(np.uint8)


def from_hsv(hsv: np.ndarray) -> np.ndarray:
    """Return blue, green and red of an image (3, height, width) of hue, saturation and value, all uint8.

    OpenCV's COLOR_HSV2BGR, within 1. Hues from 180 on go on in the circle.
    """
    hue = hsv[0].astype(np.float32) * np.float32(6 / 180)
    value = hsv[2].astype(np.float32)
    span = value * hsv[1] * np.float32(1 / 255)
    result = np.empty_like(hsv)
    for channel, begin in enumerate(_BEGINS):
        away = hue + begin  # from where the channel is at its value, in sixths
        away -= 6 * np.floor(away / 6)
        away = np.clip(np.minimum(away, 4 - away), 0, 1)
        result[channel] = as_eight_bit(value - span * away)
    return result


def to_grey(image: np.ndarray) -> np.ndarray:
    """Return 0.299 R + 0.587 G + 0.114 B of an image (3, height, width) as (1, height, width), uint8; as OpenCV."""
    blue, green, red = image.astype(np.int32)
    return ((blue * 3735 + green * 19235 + red * 9798 + (1 << 14)) >> 15).astype(np.uint8)[None]


def equalised(image: np.ndarray) -> np.ndarray:
    """Return an image (channels, height, width) whose grey levels are spread evenly over 0 to 255; as OpenCV's.

    Of three channels it is the Y of YCrCb, by OpenCV's integers; other numbers of channels than 1 and 3 cannot be.
    """
    if len(image) == 1:
        return _spread(image)
    blue, green, red = image.astype(np.int32)
    luma = (blue * 1868 + green * 9617 + red * 4899 + _HALF) >> 14
    of_red, of_blue = (
        np.clip(((plane - luma) * factor + (128 << 14) + _HALF) >> 14, 0, 255) - 128
        for plane, factor in ((red, 11682), (blue, 9241))
    )
    luma = _spread(luma.astype(np.uint8)).astype(np.int32)
    planes = (
        luma + ((of_blue * 29049 + _HALF) >> 14),
        luma + ((of_blue * -5636 + of_red * -11698 + _HALF) >> 14),
        luma + ((of_red * 22987 + _HALF) >> 14),
    )
    return np.clip(np.stack(planes), 0, 255).astype(np.uint8)


def _spread(grey: np.ndarray) -> np.ndarray:
    counts = np.bincount(grey.reshape(-1), minlength=256)
    first = int(np.flatnonzero(counts)[0])
    others = grey.size - int(counts[first])
    if not others:
        return grey
    sums = np.cumsum(counts) - counts[first]
    return as_eight_bit(sums * np.float32(255 / others))[grey]
