"""The times of a series: converted from cells to numbers and back, and continued after the last row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Protocol

import numpy as np

from .calendars import RECENT, rhythm
from .cells import as_text, microseconds, plain_time, time_in
from .day_calendars import Rhythm
from .epochs import EPOCHS, Epoch
from .fields import calendar_fields
from .layouts import Layout, written_plainly
from .moments import (
    SECOND,
    from_days,
    from_days_array,
    to_days,
    to_days_array,
)
from .patterns import Parsed
from .recognising import recognised
from .steps import rounded_step
from .time_formats import Format
from .zones import fitting_zone, fixed, offset_at, offsets, to_utc, zone_name, zone_of


class BadTime(ValueError):
    """A cell without a time: the message says what is wrong with ``cell``, the one at ``index``."""

    def __init__(self, message: str, index: int, cell: str):
        super().__init__(message)
        self.index, self.cell = index, cell

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.index, self.cell)


class Spelling(Protocol):
    """A way of writing times: microseconds of local time from text, and back."""

    @property
    def unit(self) -> int:
        """The shortest step that can be written, in microseconds."""

    @property
    def months(self) -> int:
        """The months that a time stands for, or 0."""

    def read(self, cell: str) -> Parsed:
        """Return local time and offset; ValueError says what is wrong with ``cell``."""

    def write(self, local: int, offset: int) -> str:
        """Return a local time as text."""


@dataclass(frozen=True)
class Clock:
    """Reads, writes and continues times: numbers, or dates as days since 1970-01-01 UTC.

    Dates are exact to a microsecond. A date without an offset counts as if it were in UTC.
    """

    spelling: Spelling | None = None
    """How dates are written; None: times are numbers."""
    zone: tzinfo | None = None
    """The zone of local times, if cells have offsets or their column has a zone."""
    local_cells: bool = False
    """Whether cells without an offset are local times of the zone."""
    example: str = ""
    rhythm: str = ""
    note: str = ""

    @classmethod
    def of(cls, cells: Any, time_format: str = "", zone: str | None = None) -> Clock:
        """Return the clock of a column, as recognised from all its cells or by a format of strptime.

        ``cells`` are text, or an array of numbers or datetime64; ``zone`` is the name of that array's zone, with
        times in UTC; text says its zone itself. DataError if days and months cannot be told apart; ConfigError if
        the format cannot be used.
        """
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
            return _typed(cells, zone)
        texts = as_text(cells)
        spelling: Spelling | None = None
        if texts is not None:
            spelling = Format.of(time_format, texts) if time_format else recognised(texts)
        if spelling is None or texts is None:
            return cls(example=_last_number(cells if texts is None else texts))
        return _of_texts(spelling, texts)

    @property
    def dates(self) -> bool:
        """Whether times are days since 1970."""
        return self.spelling is not None

    def read(self, cell: str) -> float:
        """Return the time in ``cell``; ValueError says what is wrong with it."""
        if self.spelling is None:
            return time_in(cell)
        local, offset = self.spelling.read(cell)
        if offset is not None:
            if self.zone is None:
                raise ValueError("has an offset from UTC, which the other times do not have")
            return to_days(local - offset)
        if self.zone is None:
            return to_days(local)
        if not self.local_cells:
            raise ValueError(f'has no offset from UTC, unlike the other times ("{self.example}")')
        return to_days(int(to_utc(np.array([local]), self.zone)[0]))

    def read_all(self, cells: Any) -> np.ndarray:
        """Return the times of a column, (n,) float64; BadTime has the index of a cell without one."""
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
            _refuse(np.isnat(cells), cells, "is empty: every row needs a time")
            return to_days_array(microseconds(cells))
        if self.spelling is None and isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf":
            _refuse(np.isnan(cells), cells, "is empty: every row needs a time")
            _refuse(np.isinf(cells), cells, "is not a finite number")
            return cells.astype(np.float64)
        texts = as_text(cells)
        if texts is None:
            texts = [plain_time(each) for each in np.asarray(cells, np.float64).tolist()]
        times = np.empty(len(texts))
        for index, cell in enumerate(texts):
            try:
                times[index] = self.read(cell)
            except ValueError as refusal:
                raise BadTime(str(refusal), index, cell) from None
        return times

    def text(self, time: float) -> str:
        """Return a time as its column writes it, rounded to what can be written."""
        if self.spelling is None or not math.isfinite(time):
            return plain_time(time)
        moment = from_days(time, min(SECOND, self.spelling.unit))
        offset = offset_at(moment, self.zone) if self.zone else 0
        return self.spelling.write(moment + offset, offset)

    def after(self, times: np.ndarray, count: int) -> np.ndarray:
        """Return ``count`` times after the last one, as the rows follow each other; see :meth:`describe`."""
        if self.spelling is None:
            return np.asarray(times[-1] + rounded_step(times) * np.arange(1, count + 1))
        recent = np.unique(from_days_array(times[-RECENT:]))
        found, in_zone = self._rhythm(recent)
        later = found.following(count)
        return to_days_array(to_utc(later, self.zone) if in_zone else later)

    def _rhythm(self, recent: np.ndarray) -> tuple[Rhythm, bool]:
        """Return how moments go on, and whether the times that it gives are local ones."""
        assert self.spelling is not None
        unit, months = self.spelling.unit, self.spelling.months
        found = rhythm(recent + offsets(recent, self.zone), unit, months)
        if self.zone is None or not found.by_duration:
            return found, self.zone is not None
        return rhythm(recent, unit, months), False

    def fields(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return what a calendar says of local times (n,), each (n,) with fractions; {} if they are no dates.

        "hour" from 0 to 24, "weekday" from 0 (Monday, 0:00) to 7, "month" from 0 (1 January, 0:00) to 12, "yearday"
        from 0 to 1, the share of the year that has passed.
        """
        if self.spelling is None:
            return {}
        moments = from_days_array(times)
        return calendar_fields(moments + offsets(moments, self.zone))

    def describe(self) -> str:
        """Return in a phrase how times are written and how they go on."""
        if self.spelling is None:
            return f"numbers like {self.example}" if self.example else "numbers"
        kind = "dates"
        if isinstance(self.spelling, Epoch):
            kind = f"{EPOCHS[self.spelling.per_second]} since 1970"
        parts = [f"{kind} like {self.example}", self.rhythm, self.note]
        return ", ".join(part for part in parts if part)


def _last_number(cells: Any) -> str:
    for cell in reversed(cells[-RECENT:]):
        with suppress(ValueError):
            return plain_time(time_in(str(cell)))
    return ""


def _refuse(bad: np.ndarray, cells: np.ndarray, message: str) -> None:
    if bad.any():
        index = int(np.argmax(bad))
        raise BadTime(message, index, str(cells[index]))


def _typed(cells: np.ndarray, zone: str | None) -> Clock:
    """Return the clock of an array of datetime64."""
    own = zone_of(zone) if zone else None
    moments = microseconds(cells[~np.isnat(cells)])
    local = moments + offsets(moments, own)
    layout = written_plainly(local, with_offset=own is not None)
    clock = Clock(layout, own, local_cells=own is not None)
    note = f"in the zone {zone_name(own)}" if own else ""
    return _with_words(clock, np.unique(moments[-RECENT:]), note)


def _of_texts(spelling: Spelling, texts: Sequence[str]) -> Clock:
    """Return the clock of a column of text whose spelling is known."""
    styled = getattr(spelling, "offset", None) is not None
    found = []
    for cell in texts if styled else texts[-RECENT:]:
        with suppress(ValueError):
            found.append(spelling.read(cell))
    found = [each for each in found if (each.offset is not None) == styled]
    if not found:
        return Clock(spelling)
    if not styled:
        moments = np.array([each.local for each in found], np.int64)
        return _with_words(Clock(spelling), np.unique(moments), "")
    local, own = np.array(found, np.int64).T
    moments = local - own
    zone: tzinfo = fixed(int(own[-1]))
    note = ""
    if (own != own[-1]).any():
        fitting = fitting_zone(moments, own)
        zone = fitting or zone
        name = zone_name(zone)
        note = f"in the zone {name}" if fitting else f"with the last offset, {name}"
    return _with_words(Clock(spelling, zone), np.unique(moments[-RECENT:]), note)


def _with_words(clock: Clock, recent: np.ndarray, note: str) -> Clock:
    """Return a clock that can describe itself, given its last moments."""
    if not recent.size:
        return clock
    example = clock.text(to_days(int(recent[-1])))
    digits = getattr(clock.spelling, "digits", 0)
    fine = digits > 6 or getattr(clock.spelling, "per_second", 1) > 10**6
    words = ", ".join(part for part in (note, "to the microsecond" if fine else "") if part)
    clock = replace(clock, example=example, note=words)
    if isinstance(clock.spelling, Layout):
        clock = replace(clock, spelling=replace(clock.spelling, example=example))
    return replace(clock, rhythm=clock._rhythm(recent)[0].label)
