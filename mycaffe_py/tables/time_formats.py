"""Times in a format of strptime that a setting gives, refused where the format loses what the cells say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

import numpy as np

from mycaffe_py.errors import ConfigError

from .moments import DAY, FIRST, HOUR, MINUTE, SECOND, from_days, to_days, too_late
from .patterns import Parsed
from .zones import OffsetStyle

FIELD = "time_format"
_EPOCH = datetime(1970, 1, 1)
_SAMPLED = 500
_COMPARED = 50
_UNITS = (("fT", 1), ("Sscr", SECOND), ("MX", MINUTE), ("HI", HOUR))


@dataclass(frozen=True)
class Format:
    """A format of strptime, with the digits of fractions and the way of writing offsets that cells have."""

    text: str
    digits: int = 6
    padded: bool = True
    """Whether days and months below 10 have a leading zero."""
    hour_padded: bool = True
    offset: OffsetStyle | None = None

    @classmethod
    def of(cls, text: str, cells: Sequence[str]) -> Format:
        """Return the format, fitted to a column; ConfigError if it loses something or cannot be used."""
        _check(text)
        filled = [cell.strip() for cell in cells if cell.strip()]
        rows = np.linspace(0, len(filled) - 1, min(len(filled), _SAMPLED)).astype(int).tolist()
        known = []
        for cell in [filled[row] for row in rows]:
            try:
                known.append((cell, _parsed(cell, text)))
            except ValueError as refusal:  # read() refuses the cell with its place
                if "directive" in str(refusal):
                    message = f'time_format "{text}" cannot be used: {refusal}'
                    raise ConfigError(message, field=FIELD) from None
        shown = known[:_COMPARED]
        best = max(_variants(text), key=lambda each: sum(each._same(*pair) for pair in shown))
        for cell, found in known:
            written = best.write(*found)
            if _essence(written) != _essence(cell):
                raise ConfigError(
                    f'time_format "{text}" loses part of the times: "{cell}" would become "{written}"',
                    hint=_advice(text),
                    field=FIELD,
                )
        return best

    def _same(self, cell: str, found: Parsed) -> bool:
        return self.write(*found) == cell

    @property
    def unit(self) -> int:
        """The shortest step that can be written, in microseconds."""
        letters = {directive[1] for directive in _directives(self.text)}
        if "f" in letters:
            return int(10 ** (6 - self.digits))
        return next((unit for names, unit in _UNITS if letters & {*names}), DAY)

    @property
    def months(self) -> int:
        """The months that a time stands for, 12 if it is a year; 0 if it is a day or less."""
        letters = {directive[1] for directive in _directives(self.text)}
        if letters - {*"YymbB%"}:
            return 0
        return 1 if letters & {*"mbB"} else 12

    def read(self, cell: str) -> Parsed:
        """Return the time in ``cell``; ValueError if it does not match."""
        if not cell.strip():
            raise ValueError("is empty: every row needs a time")
        try:
            return _parsed(cell.strip(), self.text)
        except ValueError:
            raise ValueError(f'does not match the time format "{self.text}"') from None

    def write(self, local: int, offset: int | None) -> str:
        """Return a local time as the column writes it; ConfigError outside the years 1 to 9999."""
        try:
            moment = _EPOCH + timedelta(microseconds=local)
        except OverflowError:
            raise too_late() if local > FIRST else ConfigError("a date before the year 1") from None
        # strptime needs four-digit years, to which not every system's strftime pads.
        own = {
            "%Y": f"{moment.year:04d}",
            "%f": f"{moment.microsecond:06d}"[: self.digits],
            "%z": self.offset.write(offset or 0) if self.offset else "",
        }
        if not self.padded:
            own |= {"%d": str(moment.day), "%m": str(moment.month)}
        if not self.hour_padded:
            own |= {"%H": str(moment.hour), "%I": str((moment.hour + 11) % 12 + 1)}
        text = re.sub("%.", lambda found: own.get(found[0], found[0]), self.text, flags=re.DOTALL)
        return moment.strftime(text)


def _variants(text: str) -> list[Format]:
    """Return the ways of writing times in a format that strptime reads alike, strftime's own first."""
    names = set(_directives(text))
    digits = (6, 5, 4, 3, 2, 1) if "%f" in names else (6,)
    days = (True, False) if names & {"%d", "%m"} else (True,)
    hours = (True, False) if names & {"%H", "%I"} else (True,)
    offsets: tuple[OffsetStyle | None, ...] = (None,)
    if "%z" in names:
        offsets = tuple(
            OffsetStyle("", minutes, zero) for minutes in ("", ":") for zero in ("", "Z")
        )
    return [Format(text, *each) for each in product(digits, days, hours, offsets)]


def _directives(text: str) -> list[str]:
    return re.findall("%.", text, re.DOTALL)


def _parsed(cell: str, text: str) -> Parsed:
    moment = datetime.strptime(cell, text)
    offset = moment.utcoffset()
    local = (moment.replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)
    if "%f" in _directives(text) and from_days(to_days(local)) != local:
        raise ValueError("a fraction too small for so distant a time")
    return Parsed(local, None if offset is None else offset // timedelta(microseconds=1))


def _check(text: str) -> None:
    """Refuse a format that strptime does not know, or that leaves open which day or hour is meant."""
    names = set(_directives(text))
    if not names & {"%Y", "%y", "%G", "%c", "%x"}:
        raise ConfigError(
            f'time_format "{text}" has no year: times would run backwards at each new one',
            hint="times need a date with its year, as in %Y-%m-%d %H:%M; or leave numbers as they are",
            field=FIELD,
        )
    if "%I" in names and "%p" not in names:
        raise ConfigError(
            f'time_format "{text}" has hours up to 12 (%I) without AM or PM (%p)',
            hint="write %H for hours up to 23",
            field=FIELD,
        )
    try:
        datetime.strptime("", text)
    except ValueError as refusal:
        if "does not match format" in str(refusal):
            return
        reason = str(refusal)
    except (re.error, KeyError, IndexError) as refusal:
        reason = f"{refusal}"
    raise ConfigError(f'time_format "{text}" cannot be used: {reason}', field=FIELD)


def _advice(text: str) -> str:
    names = set(_directives(text))
    if names & {"%W", "%U", "%V"} and not names & {"%a", "%A", "%w", "%u"}:
        return "a week alone is no day; leave time_format out for weeks written like 2001-W05"
    if "%Z" in names:
        return 'a zone\'s name (%Z) is not kept; write it as plain text, such as "UTC"'
    return "give a format that says all that the cells say"


def _essence(text: str) -> str:
    """Return a text without what formats may write in another way: case, leading zeros, offsets' colons."""
    text = re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", text.strip().casefold())
    text = re.sub(r"(z|[+-]0000)$", "+0000", text)
    text = re.sub(r":\d\d[.,]\d+", lambda found: found[0].rstrip("0"), text)
    return re.sub(r"\s+", " ", re.sub(r"(?<!\d)0+(?=\d)", "", text))
