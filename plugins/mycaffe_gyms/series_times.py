"""The times of a series: converted from cells to numbers and back, and continued after the last row."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta, tzinfo

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.forecast import plain_time

from .csv_table import EPOCH, date, days, time_number

# Date formats that are recognised without a time_format. Any other column is read as numbers.
DATES = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    *("%Y-%m", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d"),
)


@dataclass(frozen=True)
class Clock:
    """Reads and writes times: numbers, or, with a ``time_format``, dates as days since 1970."""

    time_format: str = ""
    zone: tzinfo | None = None

    @classmethod
    def of(cls, cells: Sequence[str], time_format: str) -> Clock:
        """Return the clock of a column: by the given format, else as recognised from its first cell."""
        first = cells[0].strip()
        candidates = (time_format,) if time_format else DATES
        for candidate in candidates:
            # strptime also accepts 1234567 as a date.
            if candidate == "%Y%m%d" and not time_format and not _eight_digits(cells):
                continue
            with suppress(ValueError):
                return cls(candidate, datetime.strptime(first, candidate).tzinfo)
        return cls(time_format)

    @property
    def dates(self) -> bool:
        """Whether times are days since 1970."""
        return bool(self.time_format)

    def read(self, cell: str) -> float:
        """Return the time in ``cell``; ValueError says what is wrong with it."""
        if self.time_format:
            return self._days(date(cell, self.time_format))
        return time_number(cell, "series_param.time_format")

    def text(self, time: float) -> str:
        """Return a time as the file writes it."""
        if not self.time_format:
            return plain_time(time)
        moment = self._moment(time)
        # strptime needs four-digit years, to which not every system's strftime pads.
        return moment.strftime(self.time_format.replace("%Y", f"{moment.year:04d}"))

    def after(self, times: np.ndarray, count: int) -> np.ndarray:
        """Return ``count`` times after the last one: in whole months if rows are monthly, else by the median step."""
        if self.time_format:
            moments = [self._moment(time) for time in times]
            months = _months(moments)
            if months:
                later = [_months_later(moments[-1], months * (k + 1)) for k in range(count)]
                if all(moment.day == _last_day(moment) for moment in moments):
                    later = [moment.replace(day=_last_day(moment)) for moment in later]
                return np.array([self._days(moment) for moment in later])
        return times[-1] + _rounded_step(times) * np.arange(1, count + 1)

    def _days(self, moment: datetime) -> float:
        return days(moment.astimezone(self.zone) if moment.tzinfo else moment)

    def _moment(self, days: float) -> datetime:
        # Round to the second: a float of days is exact only to microseconds.
        try:
            return EPOCH.replace(tzinfo=self.zone) + timedelta(seconds=round(days * 86400))
        except OverflowError:
            raise _too_late() from None


def typical_step(times: np.ndarray) -> float:
    """Return the median of the steps above 0; 1 if there is none."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if steps.size else 1.0


def _rounded_step(times: np.ndarray) -> float:
    """Return the typical step without the rounding errors of the subtraction: 2000.1 - 2000 is 0.1."""
    step = typical_step(times)
    digits = np.log10(step / np.spacing(np.abs(times).max()))
    return float(f"{step:.{max(1, int(digits))}g}")


def _too_late() -> ConfigError:
    return ConfigError(f"a date after the year {MAXYEAR}", hint="forecast fewer steps")


def _eight_digits(cells: Sequence[str]) -> bool:
    for cell in cells:
        try:
            datetime.strptime(cell.strip(), "%Y%m%d")
        except ValueError:
            return False
        if len(cell.strip()) != 8:
            return False
    return True


def _months(moments: Sequence[datetime]) -> int:
    """Return the typical number of months between rows if all are on the same (or the last) day of a month, else 0."""
    same_day = len({moment.day for moment in moments}) == 1
    last_day = all(moment.day == _last_day(moment) for moment in moments)
    same_hour = len({moment.time() for moment in moments}) == 1
    if len(moments) < 3 or not same_hour or not (same_day or last_day):
        return 0
    gaps = np.diff([12 * moment.year + moment.month for moment in moments])
    return int(np.median(gaps)) if (gaps > 0).all() else 0


def _last_day(moment: datetime) -> int:
    return monthrange(moment.year, moment.month)[1]


def _months_later(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    if moment.year + years > MAXYEAR:
        raise _too_late()
    first = moment.replace(year=moment.year + years, month=month + 1, day=1)
    return first.replace(day=min(moment.day, _last_day(first)))
