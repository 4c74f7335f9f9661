"""How rows follow each other in time, and the times of the rows that come next."""

from __future__ import annotations

import numpy as np

from .day_calendars import FULL, Rhythm, by_whole_months, rhythm_of_days
from .moments import DAY, END, HOUR, MINUTE, SECOND, too_late

RECENT = 10_000
"""The number of last rows that decide how rows follow each other."""
_USUAL = 0.9
_UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))


def rhythm(local: np.ndarray, unit: int = 1, months: int = 0) -> Rhythm:
    """Return how times go on.

    ``local`` (n,) are local times in microseconds, increasing; ``unit`` is the shortest step that they are written
    in; ``months`` is above 0 if each of them stands for so many months.
    """
    days = local // DAY
    if months:
        return by_whole_months(days, months)
    rest = local - days * DAY
    usual = _usual(days, rest)
    if unit >= DAY or usual is not None:
        found = rhythm_of_days(days, max(1, unit // DAY))
        return Rhythm(found.label, lambda count: found.following(count) * DAY + (usual or 0))
    return _rounds(days, rest) or _steps(local, unit)


def _usual(days: np.ndarray, rest: np.ndarray) -> int | None:
    """Return the time of day of rows that come once a day at most, nearly always at that time; None for others."""
    times, counts = np.unique(rest, return_counts=True)
    share = counts.max() / len(rest)
    once = len(times) == 1 or (np.diff(days) > 0).all()
    return int(times[counts.argmax()]) if once and share >= _USUAL else None


def _steps(local: np.ndarray, unit: int) -> Rhythm:
    """Return the rhythm of the median step."""
    gaps = np.diff(local)
    step = max(unit, int((np.median(gaps) + unit // 2) // unit) * unit) if gaps.size else unit
    regular = not gaps.size or float(np.mean(gaps == step)) >= FULL
    last = int(local[-1])

    def following(count: int) -> np.ndarray:
        if last + step * count >= END:
            raise too_late()
        return last + step * np.arange(1, count + 1, dtype=np.int64)

    words = duration(step)
    label = f"every {words}"
    if not regular:
        label = f"irregular, typically {words if ' ' in words else f'1 {words}'} apart"
    return Rhythm(label, following, by_duration=True)


def _rounds(days: np.ndarray, rest: np.ndarray) -> Rhythm | None:
    """Return the rhythm of rows at the same times of several days, such as hours of trade; None if they are not."""
    found, starts, counts = np.unique(days, return_index=True, return_counts=True)
    if len(found) < 5:
        return None
    size = int(np.bincount(counts[1:-1]).argmax())
    full = np.flatnonzero(counts[1:-1] == size) + 1
    if size < 2 or len(full) < FULL * (len(found) - 2):
        return None
    rounds = rest[starts[full][:, None] + np.arange(size)]
    times = rounds[-1]
    night = DAY - times[-1] + times[0]
    steps = np.diff(times)
    if (rounds == times).all(axis=1).mean() < FULL or night == np.median(steps):
        return None
    own = rhythm_of_days(found)
    left = times[times > rest[-1]]
    last = int(days[-1])

    def following(count: int) -> np.ndarray:
        later = own.following(max(0, count - len(left)) // size + 1)
        rows = (later[:, None] * DAY + times).reshape(-1)
        return np.concatenate([last * DAY + left, rows])[:count]

    return Rhythm(f"{own.label}, {size} rows a day", following)


def duration(step: int) -> str:
    """Return microseconds in words: "15 minutes", "hour", "0.5 seconds"."""
    for size, name in _UNITS:
        if step % size == 0:
            return name if step == size else f"{step // size} {name}s"
    return f"{step / SECOND:g} seconds"
