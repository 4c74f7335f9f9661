"""What an Arrow file says of its contents: rows and bytes, read from its messages without unpacking anything.

The format is that of https://arrow.apache.org/docs/format/Columnar.html: messages, each a flatbuffer with a body; a
packed buffer in a body begins with the number of its bytes when it is unpacked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_FILE = b"ARROW1\0\0"
_DICTIONARY, _BATCH = 2, 3


def claimed(raw: bytes) -> tuple[int, int]:
    """Return the rows of all batches and the bytes of all buffers, unpacked; what cannot be read is left out."""
    rows = size = 0
    try:
        for message, body in _messages(raw):
            kind = message.number("B", 1)
            if kind not in (_DICTIONARY, _BATCH):
                continue
            batch = message.table(2)
            if kind == _DICTIONARY:
                batch = batch.table(1)
            else:
                rows += max(0, batch.number("q", 0))
            packed = batch.place(3) is not None
            for start, length in batch.pairs(2):
                size += max(length, _unpacked(raw, body + start, length) if packed else 0)
    except (struct.error, IndexError):
        pass  # whoever reads the file says what is wrong
    return rows, size


def _unpacked(raw: bytes, at: int, length: int) -> int:
    if length < 8 or at < 0 or at + 8 > len(raw):
        return 0
    return struct.unpack_from("<q", raw, at)[0]


def _messages(raw: bytes) -> Iterator[tuple[_Table, int]]:
    """Yield each message with the place of its body."""
    at = len(_FILE) if raw.startswith(_FILE) else 0
    while at + 8 <= len(raw):
        mark, size = struct.unpack_from("<Ii", raw, at)
        if mark != 0xFFFFFFFF or size <= 0:
            return
        message = _Table(raw, at + 8 + struct.unpack_from("<I", raw, at + 8)[0])
        body = at + 8 + size
        yield message, body
        at = body + max(0, message.number("q", 3))


class _Table:
    """A table of a flatbuffer; fields are counted from 0."""

    def __init__(self, raw: bytes, at: int):
        self._raw, self._at = raw, at
        self._fields = at - struct.unpack_from("<i", raw, at)[0]
        self._size = struct.unpack_from("<H", raw, self._fields)[0]

    def place(self, field: int) -> int | None:
        """Return where a field is, None if it is not given."""
        entry = 4 + 2 * field
        if entry + 2 > self._size:
            return None
        offset = struct.unpack_from("<H", self._raw, self._fields + entry)[0]
        return self._at + offset if offset else None

    def number(self, form: str, field: int) -> int:
        """Return a number, 0 if it is not given."""
        place = self.place(field)
        return 0 if place is None else struct.unpack_from(f"<{form}", self._raw, place)[0]

    def table(self, field: int) -> _Table:
        """Return the table that a field leads to."""
        place = self.place(field)
        if place is None:
            raise IndexError(field)
        return _Table(self._raw, place + struct.unpack_from("<I", self._raw, place)[0])

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """Yield the structs of two int64 in a vector."""
        place = self.place(field)
        if place is not None:
            start = place + struct.unpack_from("<I", self._raw, place)[0]
            count = struct.unpack_from("<I", self._raw, start)[0]
            yield from struct.iter_unpack("<qq", self._raw[start + 4 : start + 4 + 16 * count])
