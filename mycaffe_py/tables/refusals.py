"""Why a cell is not a number, in words: what people write instead, and how to write it."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = r"[+-]?(?:[0-9][0-9.,' ]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
_INFINITE = re.compile(r"[+-]?(?:inf(?:inity)?|nan|\u221e)", re.IGNORECASE)


def _shaped(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.IGNORECASE).fullmatch


# What a cell may be instead of a number, and the advice; the first that fits counts.
_KINDS: tuple[tuple[Callable[[str], object], str], ...] = (
    (_shaped(r"true|false|yes|no"), "write 1 or 0"),
    (_shaped(r"[+-]?0[xob][0-9a-f]+"), "write it in decimal digits, without 0x, 0b or 0o"),
    (_shaped(r"#[a-z0-9/!?]+[!?]"), "it is an error of a spreadsheet; leave the cell empty where a value is missing"),
    (_shaped(rf"{_NUMBER} ?%"), 'write the number without "%"'),
    (_shaped(rf"\( ?{_NUMBER} ?\)"), 'write negative numbers with "-"'),
    (_shaped(rf"{_NUMBER}-"), 'write the "-" before the number'),
    (_shaped(r"[+-]?[0-9]+(?:_[0-9]+)+(?:\.[0-9]*)?"), 'write thousands without "_"'),
    (_shaped(r"[+-]?[0-9.]+d[+-]?[0-9]+"), 'write the exponent with "e"'),
    (_shaped(r"[+-]?[0-9]*,[0-9]*(?:e[+-]?[0-9]+)?"), "write decimals with a point"),
    (_shaped(r"[+-]?[0-9]+(?:,[0-9]+)+(?:\.[0-9]*)?"), "write thousands without a comma"),
    (lambda cell: any(sign.isdecimal() and not sign.isascii() for sign in cell), "write it with the digits 0 to 9"),
)  # fmt: skip
_WITH_UNIT = re.compile(rf"(\D{{1,4}}?)({_NUMBER})|({_NUMBER}) ?([^\W\d_]{{1,4}}|[^\w\s]{{1,3}})")


def why_no_number(cell: str) -> str:
    """Return what is wrong with a cell that is not a number, to follow the cell in a message."""
    if _INFINITE.fullmatch(cell):
        return "is not a finite number; leave the cell empty where a value is missing"
    for fits, advice in _KINDS:
        if fits(cell):
            return f"is not a number: {advice}"
    unit = _WITH_UNIT.fullmatch(cell)
    if unit and (sign := (unit[1] or unit[4] or "").strip()) and sign not in "+-.,":
        return f'is not a number: write it without "{sign}"'
    return "is not a number"
