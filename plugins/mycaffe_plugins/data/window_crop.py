"""Cuts a window out of an image, with R-CNN's context padding and square windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mycaffe_py.stores import resize_pixels

from .window_file import Window


@dataclass(frozen=True)
class Cut:
    """A part of an image, its size after resizing, and its position in the crop."""

    rows: slice
    columns: slice
    height: int
    width: int
    top: int
    left: int
    right: int
    """Unfilled columns at the right of the crop: the left margin of a mirrored crop."""

    def place(self, mirrored: bool) -> tuple[slice, slice]:
        """Return the rows and columns of the crop that the resized part fills."""
        left = self.right if mirrored else self.left
        return slice(self.top, self.top + self.height), slice(left, left + self.width)


def cut(
    window: Window, image: tuple[int, int], crop_size: int, context_pad: int, square: bool
) -> Cut:
    """Return how a window of an image (height, width) becomes a crop.

    The window is enlarged so that, after resizing, ``context_pad`` pixels around it are context;
    with ``square``, first to the square around it. The part outside the image is left unfilled in
    the crop.
    """
    x1, y1, x2, y2 = window.x1, window.y1, window.x2, window.y2
    if not (context_pad or square):
        rows, columns = slice(y1, y2 + 1), slice(x1, x2 + 1)
        return Cut(rows, columns, crop_size, crop_size, 0, 0, 0)
    factor = crop_size / (crop_size - 2 * context_pad)
    half_height, half_width = (y2 - y1 + 1) / 2, (x2 - x1 + 1) / 2
    centre_y, centre_x = y1 + half_height, x1 + half_width
    if square:
        half_height = half_width = max(half_height, half_width)
    rows, height, top, _ = _side(centre_y, half_height * factor, image[0], crop_size)
    columns, width, left, right = _side(centre_x, half_width * factor, image[1], crop_size)
    return Cut(rows, columns, height, width, top, left, right)


def _side(centre: float, half: float, length: int, crop_size: int) -> tuple[slice, int, int, int]:
    """Return, for one axis, the part of the image, its size in the crop, and the margins before and after."""
    first, last = _rounded(centre - half), _rounded(centre + half)
    whole = last - first + 1
    before, behind = max(0, -first), max(0, last - length + 1)
    first, last = first + before, last - behind
    factor = crop_size / whole
    return (
        slice(first, last + 1),
        _rounded((last - first + 1) * factor),
        _rounded(before * factor),
        _rounded(behind * factor),
    )


def _rounded(value: float) -> int:
    """Round halves away from zero, as C does."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


def resized(
    image: np.ndarray, part: Cut, crop_size: int, mirrored: bool
) -> tuple[np.ndarray, slice, slice]:
    """Return the resized part of an image (channels, height, width), and its rows and columns in the crop."""
    rows, columns = part.place(mirrored)
    # Rounding may move the part out of the crop by a pixel.
    height = min(part.height, crop_size - rows.start)
    width = min(part.width, crop_size - columns.start)
    pixels = resize_pixels(image[:, part.rows, part.columns], (height, width))
    pixels = pixels[:, :, ::-1] if mirrored else pixels
    return (
        pixels,
        slice(rows.start, rows.start + height),
        slice(columns.start, columns.start + width),
    )
