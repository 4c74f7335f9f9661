"""Zones and offsets of local time: as columns write them, and over many moments at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from mycaffe_py.errors import DataError

from .moments import DAY, HOUR, MINUTE

# Tried in this order where the offsets of a column change.
COMMON = (
    *("Europe/London", "Europe/Berlin", "Europe/Helsinki"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Halifax", "America/St_Johns", "America/Sao_Paulo", "Australia/Sydney"),
)
OFFSET = re.compile(r"([+-])(\d\d)(?:(:?)(\d\d))?")
_EPOCH = datetime(1970, 1, 1)
_SAMPLED = 2000


@dataclass(frozen=True)
class OffsetStyle:
    """How a column writes offsets: what stands before, between hours and minutes, and for no offset."""

    before: str = ""
    minutes: str = ":"
    """":" for +02:00, "" for +0200, "none" for +02."""
    zero: str = ""
    """What stands for UTC, such as "Z"; "" if it is +00:00 there."""

    @classmethod
    def of(cls, texts: Sequence[tuple[str, str]]) -> OffsetStyle:
        """Return the style of some offsets, each as (what stands before, offset)."""
        zero = next((text for _, text in texts if not OFFSET.fullmatch(text)), "")
        for _, text in texts:
            found = OFFSET.fullmatch(text)
            if found:
                minutes = "none" if found[4] is None else found[3]
                return cls(texts[0][0], minutes, zero)
        return cls(texts[0][0], ":", zero)

    def write(self, offset: int) -> str:
        """Return an offset, in microseconds, as the column writes it."""
        if offset == 0 and self.zero:
            return self.before + self.zero
        hours, minutes = divmod(abs(offset) // MINUTE, 60)
        sign = "-" if offset < 0 else "+"
        rest = "" if self.minutes == "none" and not minutes else f"{minutes:02d}"
        between = "" if self.minutes == "none" else self.minutes
        return f"{self.before}{sign}{hours:02d}{between if rest else ''}{rest}"


def read_offset(text: str) -> int:
    """Return an offset such as +02:00, +0200, +02, Z, UTC or GMT in microseconds; ValueError if it is none."""
    found = OFFSET.fullmatch(text)
    if not found:
        if text.upper() in ("Z", "UTC", "GMT"):
            return 0
        raise ValueError(f'"{text}" is no offset')
    hours, minutes = int(found[2]), int(found[4] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f'"{text}" is no offset')
    offset = hours * HOUR + minutes * MINUTE
    return -offset if found[1] == "-" else offset


def fixed(offset: int) -> timezone:
    """Return the zone that is always ``offset`` microseconds ahead of UTC."""
    return timezone(timedelta(microseconds=offset))


def zone_of(name: str) -> tzinfo:
    """Return the zone with a name such as Europe/Berlin, UTC or +02:00; DataError if it is unknown."""
    try:
        return fixed(read_offset(name))
    except ValueError:
        pass
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, a folder
        raise DataError(
            f'no time zone "{name}"',
            hint="zones are named like Europe/Berlin or +02:00; on Windows: pip install tzdata",
        ) from None


def zone_name(zone: tzinfo) -> str:
    """Return the name of a zone, or its offset."""
    return getattr(zone, "key", None) or OffsetStyle(zero="UTC").write(offset_at(0, zone))


def offset_at(moment: int, zone: tzinfo) -> int:
    """Return a zone's offset at a moment, both in microseconds."""
    try:
        aware = (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=timezone.utc)
        found = aware.astimezone(zone).utcoffset()
    except OverflowError:  # in the first and the last hours that there are
        found = zone.utcoffset(datetime(1, 1, 2) if moment < 0 else datetime(9999, 12, 30))
    return (found or timedelta()) // timedelta(microseconds=1)


def offsets(moments: np.ndarray, zone: tzinfo | None) -> np.ndarray:
    """Return a zone's offsets at moments (n,), both in microseconds."""
    if zone is None:
        return np.zeros(len(moments), np.int64)
    days, places = np.unique(moments // DAY, return_inverse=True)
    starts = np.array([offset_at(int(day) * DAY, zone) for day in days], np.int64)
    ends = np.array([offset_at(int(day + 1) * DAY, zone) for day in days], np.int64)
    found = starts[places.reshape(-1)]
    # On days on which the offset changes, every moment is looked up.
    for row in np.flatnonzero((starts != ends)[places.reshape(-1)]):
        found[row] = offset_at(int(moments[row]), zone)
    return found


def to_utc(local: np.ndarray, zone: tzinfo | None) -> np.ndarray:
    """Return local times (n,) as moments in UTC, in microseconds.

    Of a local time that occurs twice the first is meant; one that is left out in spring is moved on by the hour.
    """
    if zone is None:
        return local
    before, after = offsets(local - DAY, zone), offsets(local + DAY, zone)
    is_before = offsets(local - before, zone) == before
    is_after = offsets(local - after, zone) == after
    return np.asarray(local - np.where(is_before | ~is_after, before, after))


def fitting_zone(moments: np.ndarray, found: np.ndarray) -> tzinfo | None:
    """Return the first common zone that has the offsets ``found`` (n,) at ``moments`` (n,); None if none has."""
    changes = np.flatnonzero(np.diff(found))
    sampled = np.linspace(0, len(found) - 1, min(_SAMPLED, len(found))).astype(int)
    rows = np.unique(np.concatenate([sampled, changes[:_SAMPLED], changes[:_SAMPLED] + 1]))
    for name in COMMON:
        try:
            zone = ZoneInfo(name)
        except (KeyError, OSError):  # no data about zones on this machine
            continue
        if (offsets(moments[rows], zone) == found[rows]).all():
            return zone
    return None
