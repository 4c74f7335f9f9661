"""Protobuf's wire format at the top level of a file: its fields."""

from __future__ import annotations

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MAX_FIELDS = 10_000


def top_level_fields(data: bytes) -> set[tuple[int, int]]:
    """Return (number, wire type) of the fields of a message, up to the first malformed one."""
    fields: set[tuple[int, int]] = set()
    position = 0
    for _ in range(_MAX_FIELDS):
        if position >= len(data):
            break
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if not _is_field(number, wire_type):
            break
        fields.add((number, wire_type))
        position = _after(data, position, wire_type)
    return fields


def _is_field(number: int, wire_type: int) -> bool:
    return wire_type in (_VARINT, _FIXED64, _LENGTH, _FIXED32) and number != 0


def has_more_fields(data: bytes, most: int, inside: frozenset[int]) -> bool:
    """Whether a message has more than ``most`` fields, with those of its messages of the numbers ``inside``.

    A few bytes of a file become some hundred in memory where they are an empty message.
    """
    position = count = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if not _is_field(number, wire_type):
            break
        after = _after(data, position, wire_type)
        count += 1
        if number in inside and wire_type == _LENGTH:
            _, first = _varint(data, position)
            while first < min(after, len(data)) and count <= most:
                tag, first = _varint(data, first)
                count += 1
                if tag & 7 not in (_VARINT, _FIXED64, _LENGTH, _FIXED32):
                    break
                first = _after(data, first, tag & 7)
        if count > most:
            return True
        position = after
    return False


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
