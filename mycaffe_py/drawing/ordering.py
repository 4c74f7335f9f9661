"""Order of the slots in each rank, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

_SWEEPS = 16


@dataclass(eq=False)
class Ranked:
    """What is in a rank, with those in the ranks before and after it that it is connected with."""

    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)


R = TypeVar("R", bound=Ranked)


def order_ranks(rows: Sequence[list[R]]) -> None:
    """Sort each row in place: by the median of the places before, then after, while that helps."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for row, fixed in _pairs(rows, down):
            place = {slot: index for index, slot in enumerate(fixed)}
            keys = {
                slot: _median(sorted(place[n] for n in (slot.before if down else slot.after)), own)
                for own, slot in enumerate(row)
            }
            row.sort(key=keys.__getitem__)
        _exchange(rows)
        found = _crossings(rows)
        if found < fewest:
            best, fewest = [list(row) for row in rows], found
    for row, kept in zip(rows, best, strict=True):
        row[:] = kept


def _pairs(rows: Sequence[list[Any]], down: bool) -> list[tuple[list[Any], list[Any]]]:
    """Return each row with the row that it is sorted by."""
    if down:
        return list(zip(rows[1:], rows, strict=False))
    return list(zip(reversed(rows[:-1]), reversed(rows[1:]), strict=False))


def _median(places: list[int], own: int) -> float:
    if not places:
        return own
    half = len(places) // 2
    return places[half] if len(places) % 2 else (places[half - 1] + places[half]) / 2


def _exchange(rows: Sequence[list[Any]]) -> None:
    """Exchange neighbours where fewer edges then cross."""
    for index, row in enumerate(rows):
        below = {slot: at for at, slot in enumerate(rows[index - 1])} if index else {}
        above = {slot: at for at, slot in enumerate(rows[index + 1])} if rows[index + 1 :] else {}
        for left in range(len(row) - 1):
            a, b = row[left], row[left + 1]
            now = _crossed(a.before, b.before, below) + _crossed(a.after, b.after, above)
            then = _crossed(b.before, a.before, below) + _crossed(b.after, a.after, above)
            if then < now:
                row[left], row[left + 1] = b, a


def _crossed(left: list[Any], right: list[Any], place: dict[Any, int]) -> int:
    return sum(place[a] > place[b] for a in left for b in right)


def _crossings(rows: Sequence[list[Any]]) -> int:
    count = 0
    for lower, upper in zip(rows, rows[1:], strict=False):
        place = {slot: index for index, slot in enumerate(upper)}
        seen: list[int] = []
        for slot in lower:
            ends = [place[other] for other in slot.after]
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count
