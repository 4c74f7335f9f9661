"""Protobuf's wire format at the top level of a file: its fields, and whether it is complete."""

from __future__ import annotations

import struct

# Protobuf messages do not mark their end: a file cut between two layers reads as a smaller net.
# Our files therefore begin with their own size, in a field that is unknown to Caffe and skipped:
# number 1001, fixed64.
_SIZE_MARK = struct.Struct("<2sQ")
_SIZE_TAG = b"\xc9\x3e"

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MAX_FIELDS = 10_000


def with_size_mark(body: bytes) -> bytes:
    """Return a serialized message prefixed with its size."""
    return _SIZE_MARK.pack(_SIZE_TAG, _SIZE_MARK.size + len(body)) + body


def marked_size(data: bytes) -> int | None:
    """Return the size that the file declares, or None if it declares none."""
    if data[:2] != _SIZE_TAG or len(data) < _SIZE_MARK.size:
        return None
    return _SIZE_MARK.unpack_from(data)[1]


def top_level_fields(data: bytes) -> set[tuple[int, int]]:
    """Return (number, wire type) of the fields of a message, up to the first malformed one."""
    fields: set[tuple[int, int]] = set()
    position = 0
    for _ in range(_MAX_FIELDS):
        if position >= len(data):
            break
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type not in (_VARINT, _FIXED64, _LENGTH, _FIXED32) or not number:
            break
        fields.add((number, wire_type))
        position = _after(data, position, wire_type)
    return fields


def _after(data: bytes, position: int, wire_type: int) -> int:
    if wire_type == _VARINT:
        return _varint(data, position)[1]
    if wire_type == _LENGTH:
        length, position = _varint(data, position)
        return position + length
    return position + (8 if wire_type == _FIXED64 else 4)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            return 0, len(data)
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
    return 0, len(data)
