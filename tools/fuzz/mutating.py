"""Changes of bytes, of protobuf's wire format and of text, at random places."""

from __future__ import annotations

import random
import re
import struct

_BYTES = (b"\0", b"\xff", b"\x80", b"\x7f", b"\n", b'"', b"\xff\xff\xff\xff", b"\0\0\0\0")
_SIZES = (0, 1, 127, 128, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
_TOKEN = re.compile(r'"[^"\n]*"|[\w.+-]+|\s+|.', re.S)
ODD_TOKENS = (
    *("{", "}", "[", "]", "<", ">", ":", ";", ",", "#", '"', "'", "-", "\\", "\0", "\t", "\u2028", "\ufeff", "/*"),
    *("nan", "inf", "-inf", "-1", "0", "1e400"),
    *("-0.0", "1e-400", "0x", "0xFFFFFFFFFFFFFFFFF", "08", "99999999999999999999"),
    *("true", "TRAIN", "{{", "}}", "{}", "[]"),
    *('""', '"\\x"', '"\\777"', '"\\ud800"', "a" * 300, "9" * 5000, "\u00e9", "\U0001f600"),
)  # fmt: skip
_DEEPEST = 4


def change_bytes(rng: random.Random, data: bytes, most: int = 6) -> bytes:
    """Return bytes with some places changed, removed, repeated or added."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, most)):
        place = rng.randrange(len(changed) + 1)
        size = min(rng.choice((1, 1, 2, 4, 16, 256)), len(changed) - place)
        part = changed[place : place + size]
        how = rng.randrange(7)
        if how == 0 and size:
            changed[place] ^= 1 << rng.randrange(8)
        elif how == 1:
            changed[place : place + size] = rng.randbytes(size)
        elif how == 2:
            del changed[place : place + size]
        elif how == 3:
            changed[place:place] = rng.choice(_BYTES)
        elif how == 4:
            changed[place:place] = part * rng.randint(1, 8)
        elif how == 5:
            changed[place : place + 8] = struct.pack(rng.choice("<>") + "Q", rng.choice(_SIZES))
        elif rng.random() < 0.3:
            del changed[place:]
    return bytes(changed)


def change_text(rng: random.Random, text: str, most: int = 5) -> str:
    """Return a text with some of its words removed, repeated, swapped or replaced."""
    tokens = _TOKEN.findall(text) or [""]
    for _ in range(rng.randint(1, most)):
        place = rng.randrange(len(tokens))
        size = rng.choice((1, 1, 1, 2, 5, 30))
        how = rng.randrange(6)
        if how == 0:
            del tokens[place : place + size]
        elif how == 1:
            tokens[place:place] = tokens[place : place + size] * rng.choice((1, 1, 2, 20))
        elif how == 2:
            other = rng.randrange(len(tokens)) if tokens else 0
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif how == 3:
            tokens[place] = rng.choice(ODD_TOKENS)
        elif how == 4:
            tokens.insert(place, rng.choice(ODD_TOKENS))
        else:
            tokens.insert(place, rng.choice(tokens))
        tokens = tokens or [""]
    return "".join(tokens)


def change_wire(rng: random.Random, data: bytes, most: int = 3) -> bytes:
    """Return a protobuf message with some fields changed; the lengths around them fit again, mostly."""
    for _ in range(rng.randint(1, most)):
        data = _change_fields(rng, data, 0)
    return data


def _change_fields(rng: random.Random, data: bytes, depth: int) -> bytes:
    fields = split_wire(data)
    if not fields:
        return change_bytes(rng, data, 2)
    place = rng.randrange(len(fields))
    number, kind, value = fields[place]
    how = rng.randrange(8)
    if kind == 2 and how < 4 and depth < _DEEPEST and split_wire(value):
        fields[place] = number, kind, _change_fields(rng, value, depth + 1)
    elif how == 4:
        del fields[place]
    elif how == 5:
        fields[place:place] = [fields[place]] * rng.choice((1, 2, 50))
    elif how == 6:
        fields[place] = rng.choice((number, number + 1, 1, 2**29 - 1)), kind, value
    elif how == 7:
        other = rng.randrange(len(fields))
        fields[place], fields[other] = fields[other], fields[place]
    elif kind == 0:
        fields[place] = number, kind, _varint(rng.choice(_SIZES))
    elif kind == 2:
        fields[place] = number, kind, change_bytes(rng, value, 2)
    else:
        fields[place] = number, kind, rng.randbytes(len(value))
    return b"".join(map(_field_bytes, fields))


def split_wire(data: bytes) -> list[tuple[int, int, bytes]]:
    """Return the fields (number, wire type, bytes of the value) of a message; none if it is no message."""
    fields, place = [], 0
    while place < len(data):
        key, place = _read_varint(data, place)
        number, kind = key >> 3, key & 7
        if not number or kind not in (0, 1, 2, 5):
            return []
        if kind == 0:
            _, end = _read_varint(data, place)
        elif kind == 2:
            size, place = _read_varint(data, place)
            end = place + size
        else:
            end = place + (8 if kind == 1 else 4)
        if end > len(data):
            return []
        fields.append((number, kind, data[place:end]))
        place = end
    return fields


def _field_bytes(field: tuple[int, int, bytes]) -> bytes:
    number, kind, value = field
    size = _varint(len(value)) if kind == 2 else b""
    return _varint(number << 3 | kind) + size + value


def _varint(value: int) -> bytes:
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    result.append(value)
    return bytes(result)


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    return 0, len(data) + 1
