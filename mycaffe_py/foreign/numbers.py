"""Numbers as people write them elsewhere: 10k, 1,000, 1e3, 0,01, 1/100, 5%."""

from __future__ import annotations

import re
from contextlib import suppress

_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "%": 0.01}
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,']\d{3})+")
_SUFFIXED = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([kKmMgG%])")
_RATIO = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)")
_PRODUCT = re.compile(r"(\d+)\s*(\*\*|\^|\*)\s*(\d{1,3})")


def number_meant(text: str, whole: bool = False) -> str | None:
    """Return the number that was probably meant, as to be written here; with ``whole`` a whole one; None if unclear."""
    text = text.strip().strip("()[]{}\"'$= ")
    value = _value(text, whole)
    if value is None or value != value or abs(value) > 1e18:
        return None
    if value.is_integer() and (whole or abs(value) < 1e15):
        return str(int(value))
    return None if whole else f"{value:.9g}"


def _value(text: str, whole: bool) -> float | None:
    if _GROUPED.fullmatch(text) and whole:
        return float(re.sub("[,']", "", text))
    with suppress(ValueError):
        return float(text.rstrip("fFlL") if re.fullmatch(r".*\d[fFlL]", text) else text)
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return float(text.replace(",", "."))
    if match := _SUFFIXED.fullmatch(text):
        return float(match[1]) * _FACTORS[match[2].lower()]
    if match := _RATIO.fullmatch(text):
        return float(match[1]) / float(match[2]) if float(match[2]) else None
    if match := _PRODUCT.fullmatch(text):
        first, second = float(match[1]), int(match[3])
        with suppress(OverflowError):
            return first * second if match[2] == "*" else first**second
    return None
