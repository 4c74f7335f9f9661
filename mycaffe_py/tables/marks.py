"""The marks in numbers: which sign is decimal, which separates thousands, and what the settings say of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from mycaffe_py.errors import ConfigError

THOUSANDS = (",", ".", " ", "'", "_")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-"})


@dataclass(frozen=True)
class Style:
    """How numbers are written: the decimal mark and the marks that may stand between groups of three digits."""

    decimal: str
    thousands: str

    def matches(self, cell: str) -> bool:
        """Whether a cell, as :func:`tidy` returns it, is a number in this style."""
        return _pattern(self).fullmatch(cell) is not None

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether all cells match."""
        return all(map(_pattern(self).fullmatch, cells))

    def values(self, cells: Sequence[str]) -> np.ndarray:
        """Return the numbers in cells that match."""
        text = "\n".join(cells)
        for mark in self.thousands:
            text = text.replace(mark, "")
        written = text.replace(self.decimal, ".").split("\n") if cells else []
        return np.fromiter(map(float, written), np.float64, len(cells))


PLAIN = Style(".", "")
POINT = Style(".", ",' ")
COMMA = Style(",", ".' ")


@dataclass(frozen=True)
class Marks:
    """What is known of a table's numbers: the settings ``decimal`` and ``thousands``, and how sure their marks are.

    ``prefix`` stands before the names of the settings in messages. ``separable``: commas and spaces in a cell could
    as well separate columns, as in a file with one column.
    """

    decimal: str | None = None
    thousands: str | None = None
    prefix: str = ""
    separable: bool = False

    @classmethod
    def of(cls, decimal: str | None, thousands: str | None, prefix: str = "") -> Marks:
        """Check the two settings; None or "" is decided column by column."""
        decimal, thousands = decimal or None, thousands or None
        if decimal not in (None, ".", ","):
            message = f'{prefix}decimal is "{decimal}"; expected "." or ","'
            raise ConfigError(message, field=f"{prefix}decimal")
        if thousands is not None and thousands.translate(_SPACES) not in THOUSANDS:
            known = ", ".join(f'"{mark}"' for mark in THOUSANDS)
            message = f'{prefix}thousands is "{thousands}"; expected one of {known}'
            raise ConfigError(message, field=f"{prefix}thousands")
        if decimal == thousands and decimal:
            message = f'{prefix}decimal and thousands are both "{decimal}"; they must differ'
            raise ConfigError(message, field=f"{prefix}thousands")
        return cls(decimal, thousands and thousands.translate(_SPACES), prefix)

    def setting(self, name: str, value: str) -> str:
        """Return a setting and its value as an advice has them: ``decimal to ","``."""
        return f'{self.prefix}{name} to "{value}"'

    def styles(self) -> list[Style]:
        """Return the styles that the settings allow."""
        allowed = [POINT, COMMA]
        if self.decimal:
            allowed = [style for style in allowed if style.decimal == self.decimal]
        if self.thousands:
            others = [style for style in allowed if style.decimal != self.thousands]
            allowed = [replace(style, thousands=self.thousands) for style in others]
        return allowed


@cache
def _pattern(style: Style) -> re.Pattern[str]:
    mark = re.escape(style.decimal)
    digits = rf"[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+"
    written = rf"(?:{digits})(?:[eE][+-]?[0-9]+)?"
    if style.thousands:
        group = f"[{re.escape(style.thousands)}]"
        written += rf"|[1-9][0-9]{{0,2}}({group})[0-9]{{3}}(?:\1[0-9]{{3}})*(?:{mark}[0-9]*)?"
    return re.compile(rf"[+-]?(?:{written})")


def tidy(cell: str) -> str:
    """Return a cell without spaces around, with plain spaces, apostrophes and minus signs."""
    cell = cell.strip()
    return cell if cell.isascii() else cell.translate(_SPACES)
