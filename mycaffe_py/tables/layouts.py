"""Ways of writing dates and times that need no format: one pattern each, read and written back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from .moments import DAY, HOUR, MINUTE, SECOND, date_of
from .patterns import MONTHS, Parsed, parsed, pattern
from .zones import OffsetStyle

_AFTERNOON = str.maketrans("Aa", "Pp")


@dataclass(frozen=True)
class Layout:
    """One way of writing times: a date's template, and how the time of day is written after it."""

    template: str
    padded: bool = True
    """Whether days and months below 10 have a leading zero."""
    hour_padded: bool = True
    between: str = ""
    """What stands between date and time of day, "" for dates without one."""
    minutes: bool = True
    seconds: bool = False
    digits: int = 0
    """The digits of a second's fraction."""
    shortened: str = ""
    """"zero": a fraction of 0 is left out, "zeros": zeros at its end are."""
    point: str = "."
    half: str = ""
    """" AM" or "AM" where hours count to 12."""
    bare_midnight: bool = False
    offset: OffsetStyle | None = None
    case: str = ""
    example: str = field(default="", compare=False)

    @property
    def unit(self) -> int:
        """The shortest step that can be written, in microseconds."""
        if self.between or "%H" in self.template:
            if self.seconds or "%S" in self.template:
                return 10 ** max(0, 6 - self.digits)
            return MINUTE if "%M" in self.template or (self.between and self.minutes) else HOUR
        return 7 * DAY if "%V" in self.template and "%u" not in self.template else DAY

    @property
    def months(self) -> int:
        """The months that one value stands for: 1, or 3 for quarters; 0 if it is a day or less."""
        if "%q" in self.template:
            return 3
        return 0 if re.search("%[dujV]", self.template) else 1

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return pattern(self.template)

    def read(self, cell: str) -> Parsed:
        """Return what ``cell`` says; ValueError if it is not written like this."""
        found = self._pattern.fullmatch(cell.strip())
        if found is None:
            raise ValueError(self._refusal(cell))
        try:
            return parsed(found)
        except ValueError as reason:
            refusal = self._refusal(cell) if self.example else "cannot be read"
            raise ValueError(f"{refusal}: {reason}") from None

    def _refusal(self, cell: str) -> str:
        if not cell.strip():
            return "is empty: every row needs a time"
        example = f', such as "{self.example}"' if self.example else ""
        return f"does not match the time format of the other rows{example}"

    def write(self, local: int, offset: int) -> str:
        """Return a local time as the column writes it."""
        days, rest = divmod(local, DAY)
        day = date_of(days)
        width = 2 if self.padded else 1
        text = re.sub("%.", lambda found: _written(found[0], day, rest, width), self.template)
        if self.between and (rest or not self.bare_midnight):
            text += self.between + self._clock(rest)
        if self.offset is not None:
            text += self.offset.write(offset)
        if not self.case:
            return text
        return text.upper() if self.case == "upper" else text.lower()

    def _clock(self, rest: int) -> str:
        hour, rest = divmod(rest, HOUR)
        minute, rest = divmod(rest, MINUTE)
        second, fraction = divmod(rest, SECOND)
        shown = (hour + 11) % 12 + 1 if self.half else hour
        text = f"{shown:02d}" if self.hour_padded else str(shown)
        if self.minutes:
            text += f":{minute:02d}"
        if self.seconds:
            text += f":{second:02d}" + self._fraction(fraction)
        if self.half:
            text += self.half.translate(_AFTERNOON) if hour >= 12 else self.half
        return text

    def _fraction(self, fraction: int) -> str:
        digits = f"{fraction:06d}".ljust(self.digits, "0")[: self.digits]
        if self.shortened == "zeros" or (self.shortened == "zero" and not fraction):
            digits = digits.rstrip("0")
        return self.point + digits if digits else ""


def _written(directive: str, day: date, rest: int, width: int) -> str:
    """Return what a directive of a template stands for; ``width`` is that of days and months."""
    if directive == "%Y":
        return f"{day.year:04d}"
    if directive in ("%m", "%d"):
        return f"{day.month if directive == '%m' else day.day:0{width}d}"
    if directive in ("%b", "%B"):
        name = MONTHS[day.month - 1]
        return name[:3] if directive == "%b" else name
    if directive in ("%G", "%V", "%u"):
        place = ("%G", "%V", "%u").index(directive)
        return f"{day.isocalendar()[place]:0{(4, 2, 1)[place]}d}"
    if directive == "%q":
        return str((day.month + 2) // 3)
    if directive == "%j":
        return f"{day.timetuple().tm_yday:03d}"
    unit, limit = {"%H": (HOUR, 24), "%M": (MINUTE, 60), "%S": (SECOND, 60)}[directive]
    return f"{rest // unit % limit:02d}"


def written_plainly(local: np.ndarray, with_offset: bool) -> Layout:
    """Return how times that no text has written are: as short as keeps the local times (n,), in microseconds."""
    digits = next((n for n in (0, 3) if not (local % 10 ** (6 - n)).any()), 6)
    dated = not (local % DAY).any()
    layout = Layout(
        "%Y-%m-%d",
        between="" if dated else " ",
        seconds=bool((local % MINUTE).any()),
        digits=digits,
    )
    if with_offset and not dated:
        layout = replace(layout, offset=OffsetStyle())
    return layout
