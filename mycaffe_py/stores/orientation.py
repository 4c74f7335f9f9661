"""How a camera was held: the orientation that a file's Exif data contains, and images turned upright."""

from __future__ import annotations

import numpy as np

_TAG, _SHORT = 0x112, 3
_MOST_ENTRIES = 1024
_ORDERS = {b"II": "little", b"MM": "big"}


def orientation(exif: bytes | None) -> int:
    """Return the orientation in Exif data, 1 to 8; 1, upright, if it contains none or cannot be read."""
    data = (exif or b"").removeprefix(b"Exif\0\0")
    order = _ORDERS.get(data[:2])
    if order is None:
        return 1

    def number(place: int, size: int) -> int:
        return int.from_bytes(data[place : place + size], order)  # type: ignore[arg-type]

    start = number(4, 4)
    for index in range(min(number(start, 2), _MOST_ENTRIES)):
        entry = start + 2 + 12 * index
        if number(entry, 2) == _TAG and number(entry + 2, 2) == _SHORT:
            found = number(entry + 8, 2)
            return found if 1 <= found <= 8 else 1
    return 1


def upright(values: np.ndarray, turned: int) -> np.ndarray:
    """Return an image (height, width) or (height, width, channels) of an orientation turned upright."""
    if turned >= 5:
        values = values.swapaxes(0, 1)
    if turned in (3, 4, 7, 8):
        values = values[::-1]
    if turned in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
