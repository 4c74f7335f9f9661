"""JPEG files that were cut off: what is there is shown, as by libjpeg and so by OpenCV and Caffe."""

from __future__ import annotations

_START, _SCAN, _END = b"\xff\xd8", 0xDA, b"\xff\xd9"
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def with_end(data: bytes) -> tuple[bytes, bool]:
    """Return a file's bytes, with JPEG's end marker if it is a JPEG file without one, and whether it was added.

    libjpeg gives what is missing after that as grey, or as it continues what is there.
    """
    scan = _first_scan(data) if data.startswith(_START) else None
    if scan is None or data.find(_END, scan) >= 0:
        return data, False
    return data + _END, True


def _first_scan(data: bytes) -> int | None:
    """Return where the first scan's values begin, or None if there is no whole header before that."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return None
        kind = data[place + 1]
        if kind == 0xFF or kind in _ALONE:
            place += 1 if kind == 0xFF else 2
            continue
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if kind == _SCAN:
            return place if place <= len(data) else None
    return None
