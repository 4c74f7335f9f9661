"""Parsing and formatting of values in .proto and prototxt text."""

from __future__ import annotations

import re

_OCTAL = re.compile(r"(-?)0(\d+)$")
_INFINITY = re.compile(r"(-?)inf(?:inity)?f?$", re.IGNORECASE)
_NOT_A_NUMBER = re.compile(r"-?nanf?$", re.IGNORECASE)
_OCTAL_FLOAT = re.compile(r"-?0[0-9]+")
_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.)|$)",
    re.DOTALL,
)
_SIMPLE_ESCAPES = dict(
    zip(
        "abfnrtv\\'\"?",
        [b"\a", b"\b", b"\f", b"\n", b"\r", b"\t", b"\v", b"\\", b"'", b'"', b"?"],
        strict=True,
    )
)
_TRUE = frozenset(("true", "t", "1", "True"))
_FALSE = frozenset(("false", "f", "0", "False"))


def parse_integer(text: str) -> int:
    """Return the value of a decimal, hexadecimal or octal literal; ValueError if it is not one."""
    octal = _OCTAL.match(text)
    return int(octal[1] + octal[2], 8) if octal else int(text, 0)


def parse_float(text: str) -> float:
    """Return the value of a float literal, also ``1.0f``, ``inf`` and ``nan``."""
    infinity = _INFINITY.match(text)
    if infinity:
        return float(infinity[1] + "inf")
    if _NOT_A_NUMBER.match(text):
        return float("nan")
    if _OCTAL_FLOAT.match(text) and text.lstrip("-").isdigit():
        raise ValueError(f"octal float {text!r}")
    try:
        return float(text)
    except ValueError:
        return float(text.rstrip("fF"))


def parse_bool(text: str) -> bool:
    """Return the value of a bool literal; ValueError if it is not one."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"not a bool: {text!r}")


def unescape(text: str) -> bytes:
    """Return the bytes that a string literal, without its quotes, represents."""
    if "\\" not in text:
        return text.encode()
    pieces, end = [], 0
    for match in _ESCAPE.finditer(text):
        pieces += [text[end : match.start()].encode(), _escaped(match)]
        end = match.end()
    pieces.append(text[end:].encode())
    return b"".join(pieces)


def _escaped(match: re.Match[str]) -> bytes:
    octal, hexadecimal, short, long, simple = match.groups()
    if octal or hexadecimal:
        return bytes([(int(octal, 8) if octal else int(hexadecimal, 16)) & 0xFF])
    if short or long:
        return chr(int(short or long, 16)).encode()
    if simple not in _SIMPLE_ESCAPES:
        raise ValueError(f'the escape "\\{simple or ""}"')
    return _SIMPLE_ESCAPES[simple]


def escape_bytes(data: bytes) -> str:
    """Return bytes as ASCII text with octal escapes."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b"\\\"'" else f"\\{byte:03o}" for byte in data
    )


def shortest_float(value: float) -> str:
    """Return a float in the format of defaults in descriptors."""
    text = f"{value:.15g}"
    return text if float(text) == value or value != value else f"{value:.17g}"
