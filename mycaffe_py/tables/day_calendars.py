"""How rows follow each other by days, weeks and months, and the days of the rows that come next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .moments import DAY, END, too_late

_RECENT_MONTHS = 60
_RECENT_DAYS = 400
_TWO_WEEKS = 11  # from the first Monday to the second Friday
FULL = 0.75  # the share of a calendar's days that rows must have; holidays and gaps are missing
_NEARLY_ALL = 0.9
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Rhythm:
    """How rows follow each other: in words, and as a function that gives the next ``count`` times."""

    label: str
    following: Callable[[int], np.ndarray]
    by_duration: bool = False
    """Whether rows are equally far apart in real time, whatever clocks on the wall do."""


def month_of(days: np.ndarray) -> np.ndarray:
    """Return the months since January 1970 in which days since 1970-01-01 lie."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_of(months: np.ndarray) -> np.ndarray:
    """Return the first days of months since January 1970, as days since 1970-01-01."""
    starts = np.asarray(months).astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray(starts.astype(np.int64))


def weekday_of(days: np.ndarray) -> np.ndarray:
    """Return weekdays, 0 for Monday, of days since 1970-01-01, a Thursday."""
    return np.asarray((days + 3) % 7)


def rhythm_of_days(days: np.ndarray, unit: int = 1) -> Rhythm:
    """Return how days (n,), increasing, go on; steps are multiples of ``unit`` days."""
    gaps = np.diff(days)
    if not gaps.size:
        return _every(days, unit)
    step = float(np.median(gaps))
    if unit == 1 and len(days) >= 3:
        found = _weekdays(days)
        if found is None and step >= 27:
            found = _monthly(days)
        if found is not None:
            return found
        if (gaps != gaps[0]).any():
            found = _nth_weekday(days) if step >= 27 else _days_of_month(days)
            if found is not None:
                return found
    if (weekday_of(days) == weekday_of(days[-1:])).all():
        unit = 7
    whole = max(unit, round(step / unit) * unit)
    regular = float(np.mean(gaps % whole == 0)) >= FULL
    return _every(days, whole, "" if regular else "irregular, typically ")


def _every(days: np.ndarray, step: int, prefix: str = "") -> Rhythm:
    last = int(days[-1])
    label = {1: "daily", 7: _WEEKDAYS[(last + 3) % 7]}.get(step) or f"every {step} days"
    if step > 7 and step % 7 == 0:
        label = f"every {step // 7} weeks"
    if prefix:
        label = "1 day apart" if step == 1 else f"{step} days apart"

    def following(count: int) -> np.ndarray:
        return _checked(last + step * np.arange(1, count + 1, dtype=np.int64))

    return Rhythm(prefix + label, following)


def _checked(days: np.ndarray) -> np.ndarray:
    if days.size and int(days[-1]) * DAY >= END:
        raise too_late()
    return days


# Weeks.


def _weekdays(days: np.ndarray) -> Rhythm | None:
    """Return the rhythm of rows on two to six days of the week; None if they are on all, or irregular."""
    days = days[days > days[-1] - _RECENT_DAYS]
    if days[-1] - days[0] < _TWO_WEEKS:
        return None
    counts = np.bincount(weekday_of(days), minlength=7)
    chosen = counts >= 0.1 * counts.max()  # a Saturday at work now and then is an exception
    span = np.arange(days[0], days[-1] + 1)
    possible = int(chosen[weekday_of(span)].sum())
    if not 2 <= chosen.sum() <= 6 or counts[chosen].sum() < FULL * possible:
        return None
    label = "business days"
    if not (chosen[:5].all() and not chosen[5:].any()):
        label = ", ".join(_WEEKDAYS[day] for day in np.flatnonzero(chosen))
    last = int(days[-1])

    def following(count: int) -> np.ndarray:
        later = last + np.arange(1, 7 * count + 8, dtype=np.int64)
        return _checked(later[chosen[weekday_of(later)]][:count])

    return Rhythm(label, following)


# Months.


def _ends(months: np.ndarray) -> np.ndarray:
    return first_of(months + 1) - 1


def _business_ends(months: np.ndarray) -> np.ndarray:
    ends = _ends(months)
    return np.asarray(ends - np.maximum(0, weekday_of(ends) - 4))


def _business_starts(months: np.ndarray) -> np.ndarray:
    starts = first_of(months)
    return np.asarray(starts + np.maximum(0, 7 - weekday_of(starts)) * (weekday_of(starts) > 4))


def _day_of_month(number: int) -> Callable[[np.ndarray], np.ndarray]:
    def days(months: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(first_of(months) + number - 1, _ends(months)))

    return days


def _monthly(days: np.ndarray) -> Rhythm | None:
    """Return the rhythm of rows on the same day of their months; None if they are not."""
    days = days[-_RECENT_MONTHS:]
    months = month_of(days)
    if (np.diff(months) <= 0).any():
        return None
    number = int((days - first_of(months)).max()) + 1
    rules = (
        ("month ends", _ends),
        ("month starts" if number == 1 else f"day {number} of the month", _day_of_month(number)),
        ("last business days of the month", _business_ends),
        ("first business days of the month", _business_starts),
    )
    for label, rule in rules:
        if (rule(months) == days).all():
            return _by_months(label, rule, months)
    return None


def _nth_weekday(days: np.ndarray) -> Rhythm | None:
    """Return the rhythm of rows on, say, the third Fridays of months; None if they are not."""
    days = days[-_RECENT_MONTHS:]
    months, weekday = month_of(days), int(weekday_of(days[-1:])[0])
    place = (days - first_of(months)) // 7
    if (np.diff(months) <= 0).any() or (place != place[0]).any() or place[0] > 3:
        return None

    def rule(months: np.ndarray) -> np.ndarray:
        starts = first_of(months)
        return np.asarray(starts + (weekday - weekday_of(starts)) % 7 + 7 * place[0])

    if (rule(months) != days).any():
        return None
    return _by_months(f"{_ORDINALS[place[0]]} {_WEEKDAYS[weekday]} of the month", rule, months)


def _days_of_month(days: np.ndarray) -> Rhythm | None:
    """Return the rhythm of rows on two to four days of each month, such as the 1st and the 15th; None for others."""
    days = days[-_RECENT_MONTHS:]
    months = month_of(days)
    numbers = np.where(days == _ends(months), 31, days - first_of(months) + 1)
    chosen = np.unique(numbers)
    if not 2 <= len(chosen) <= 4 or months[-1] - months[0] < 2:
        return None

    def all_of(months: np.ndarray) -> np.ndarray:
        return np.unique([_day_of_month(int(number))(months) for number in chosen])

    span = all_of(np.arange(months[0], months[-1] + 1))
    if len(days) < _NEARLY_ALL * ((span >= days[0]) & (span <= days[-1])).sum():
        return None
    last, month = int(days[-1]), int(months[-1])

    def following(count: int) -> np.ndarray:
        later = all_of(np.arange(month, month + count + 2))
        return _checked(later[later > last][:count])

    names = ", ".join("the last" if number == 31 else str(number) for number in chosen)
    return Rhythm(f"days {names} of the month", following)


def _by_months(
    label: str, rule: Callable[[np.ndarray], np.ndarray], months: np.ndarray, least: int = 1
) -> Rhythm:
    gaps = np.diff(months)
    step = max(least, int(np.median(gaps)) // least * least) if gaps.size else least
    every = {1: "monthly", 3: "quarterly", 12: "yearly"}.get(step) or f"every {step} months"
    if step > 12 and step % 12 == 0:
        every = f"every {step // 12} years"
    words = every if not label else label if step == 1 else f"{every}, {label}"
    last = int(months[-1])
    limit = int(month_of(np.array([END // DAY]))[0])

    def following(count: int) -> np.ndarray:
        later = last + step * np.arange(1, count + 1, dtype=np.int64)
        if later.size and later[-1] >= limit:
            raise too_late()
        return rule(later)

    return Rhythm(words, following)


def by_whole_months(days: np.ndarray, least: int) -> Rhythm:
    """Return the rhythm of months as wholes, in microseconds; steps are multiples of ``least`` months."""
    found = _by_months("", first_of, month_of(days), least)
    return Rhythm(found.label, lambda count: found.following(count) * DAY)
