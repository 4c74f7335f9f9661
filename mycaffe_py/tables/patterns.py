"""Templates of dates as patterns, and what their matches say."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import NamedTuple

from .moments import DAY, HOUR, MINUTE, SECOND, day_of, from_days, to_days
from .zones import read_offset

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_NUMBERS = {name[:length].lower(): row + 1 for row, name in enumerate(MONTHS) for length in (3, 9)}
_DAY_OR_MONTH = r"\d{1,2}"
_PARTS = {
    **{"%Y": r"(?P<Y>\d{4})", "%G": r"(?P<G>\d{4})", "%q": r"(?P<q>[1-4])", "%j": r"(?P<j>\d{3})"},
    **{"%V": r"(?P<V>\d\d)", "%u": r"(?P<u>[1-7])"},
    **{"%m": rf"(?P<m>{_DAY_OR_MONTH})", "%d": rf"(?P<d>{_DAY_OR_MONTH})"},
    **{"%H": r"(?P<H>\d\d)", "%M": r"(?P<M>\d\d)", "%S": r"(?P<S>\d\d)"},
    "%b": "(?P<b>" + "|".join(name[:3] for name in MONTHS) + ")",
    "%B": "(?P<B>" + "|".join(MONTHS) + ")",
}
_CLOCK = (
    r"(?:(?P<between>T| )(?P<H>\d{1,2})(?::(?P<M>\d\d)(?::(?P<S>\d\d)(?:(?P<point>[.,])(?P<f>\d+))?)?)?"
    r"(?P<half> ?[AP]M)?)?"
)
_ZONE = r"(?:(?P<space> ?)(?P<z>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?"


class Parsed(NamedTuple):
    """A local time in microseconds, and its offset, None if the cell has none."""

    local: int
    offset: int | None


@cache
def pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a template such as ``%Y-%m-%d``, with a time of day and an offset where they can be."""
    joined = re.search(r"%.%", template) is not None
    text = re.sub(r"%.|[^%]+", lambda found: _PARTS.get(found[0]) or re.escape(found[0]), template)
    if joined:
        text = text.replace(_DAY_OR_MONTH, r"\d\d")
    if "%H" in template:
        text += _ZONE if "T" in template else ""
    elif re.search("%[duj]", template):
        text += _CLOCK + _ZONE
    return re.compile(text, re.IGNORECASE | re.ASCII)


def parsed(found: re.Match[str]) -> Parsed:
    """Return the time that a match of a pattern says; ValueError says why there is no such time."""
    parts = found.groupdict()
    local = _day(parts) * DAY + _time_of_day(parts)
    digits = parts.get("f")
    if digits:
        local += (int(digits[:7].ljust(7, "0")) + 5) // 10
        # A float64 counts days from 1970, so that times far from it have fewer digits.
        unit = 10 ** max(0, 6 - len(digits))
        if from_days(to_days(local), unit) != local // unit * unit:
            raise ValueError("a fraction of a second so small is only kept from 1791 to 2149")
    zone = parts.get("z")
    return Parsed(local, read_offset(zone) if zone else None)


def _day(parts: dict[str, str | None]) -> int:
    year = int(parts.get("Y") or parts.get("G") or 0)
    if year < 1:
        raise ValueError("the first year is 1")
    week, quarter, ordinal = parts.get("V"), parts.get("q"), parts.get("j")
    if week:
        try:
            monday = date.fromisocalendar(year, int(week), int(parts.get("u") or 1))
        except ValueError:
            raise ValueError(f"{year} has no week {week}") from None
        return day_of(monday.year, monday.month, monday.day)
    if quarter:
        return day_of(year, 3 * int(quarter) - 2, 1)
    if ordinal:
        length = 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365
        if not 1 <= int(ordinal) <= length:
            raise ValueError(f"{year} has no day {ordinal}")
        return day_of(year, 1, 1) + int(ordinal) - 1
    name = parts.get("b") or parts.get("B")
    month = _NUMBERS[name.lower()] if name else int(parts["m"] or 0)
    day = int(parts.get("d") or 1)
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    try:
        return day_of(year, month, day)
    except ValueError:
        raise ValueError(f"{MONTHS[month - 1]} {year} has no day {day}") from None


def _time_of_day(parts: dict[str, str | None]) -> int:
    hour, minute, second = (int(parts.get(name) or 0) for name in "HMS")
    half = (parts.get("half") or "").strip().upper()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"there is no hour {hour} {half}")
        hour = hour % 12 + (12 if half == "PM" else 0)
    if hour == 24:
        raise ValueError("write 24:00 as 00:00 of the next day")
    if second == 60:
        raise ValueError("a leap second (:60); write the second before or after it")
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("there is no such time of day")
    return hour * HOUR + minute * MINUTE + second * SECOND
