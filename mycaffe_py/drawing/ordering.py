"""Order of the slots in each rank, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

SWEEPS, _PASSES = 16, 2


@dataclass(eq=False)
class Ranked:
    """What is in a rank, with those in the ranks before and after it that it is connected with.

    Edges may have ends side by side: ``before_ends`` and ``after_ends`` then give, for each edge, its place on this one
    and on the other one, from 0 to below 1; ``after`` is in the order of the places on this one.
    """

    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)
    before_ends: list[tuple[float, float]] = field(default_factory=list)
    after_ends: list[tuple[float, float]] = field(default_factory=list)


R = TypeVar("R", bound=Ranked)


def order_ranks(rows: Sequence[list[R]], patience: int = SWEEPS) -> None:
    """Sort each row in place: by the median of the places before, then after, while that helps.

    ``patience``: after how many sweeps that did not help to give up.
    """
    best, fewest = [list(row) for row in rows], _crossings(rows)
    helped = 0
    for sweep in range(SWEEPS):
        if not fewest or sweep - helped >= patience:
            break
        down = sweep % 2 == 0
        for row, fixed in _pairs(rows, down):
            place = {slot: index for index, slot in enumerate(fixed)}
            keys = {
                slot: _median(sorted(_places(slot, place, down)), own)
                for own, slot in enumerate(row)
            }
            row.sort(key=keys.__getitem__)
        _exchange(rows)
        found = _crossings(rows)
        if found < fewest:
            best, fewest, helped = [list(row) for row in rows], found, sweep + 1
    for row, kept in zip(rows, best, strict=True):
        row[:] = kept


def move_branches(rows: Sequence[list[R]], branches: Sequence[tuple[int, list[list[R]]]]) -> None:
    """Move whole branches to other places in their rows, in place, where fewer edges then cross.

    A branch is (index of its first row, its one slot in that row, those in the next row, ...).
    """
    for _ in range(_PASSES):
        moved = [_move_branch(rows, first, branch) for first, branch in branches]
        if not any(moved):
            return


def _move_branch(rows: Sequence[list[Any]], first: int, branch: list[list[Any]]) -> bool:
    """Try every place in the branch's first row; below, it follows its own edges. Return whether one is better."""
    around = range(max(first - 1, 0), min(first + len(branch) + 1, len(rows)))
    fewest, best = _crossings([rows[at] for at in around]), None
    if not fewest:
        return False
    own = {slot for part in branch for slot in part}
    others = [[slot for slot in rows[at] if slot not in own] for at in around]
    parts = [sorted(part, key=rows[first + at].index) for at, part in enumerate(branch)]
    start = first - around.start
    for place in range(len(rows[first])):
        tried = [list(row) for row in others]
        tried[start].insert(place, branch[0][0])
        for at in range(1, len(parts)):
            _insert_below(tried[start + at - 1], tried[start + at], parts[at - 1][0], parts[at])
        found = _crossings(tried)
        if found < fewest:
            fewest, best = found, tried
    for at, row in zip(around, best or [], strict=False):
        rows[at][:] = row
    return best is not None


def _insert_below(above: list[Any], row: list[Any], over: Any, part: list[Any]) -> None:
    """Insert slots after those whose edges come from the left of ``over``, which is above them."""
    place = {other: index for index, other in enumerate(above)}
    index = 0
    for at, other in enumerate(row):
        places = [place[upper] for upper in other.before]
        if places and sum(places) / len(places) < place[over]:
            index = at + 1
    row[index:index] = part


def _pairs(rows: Sequence[list[Any]], down: bool) -> list[tuple[list[Any], list[Any]]]:
    """Return each row with the row that it is sorted by."""
    if down:
        return list(zip(rows[1:], rows, strict=False))
    return list(zip(reversed(rows[:-1]), reversed(rows[1:]), strict=False))


def _places(slot: Any, place: dict[Any, int], before: bool) -> list[float]:
    """Return where the edges to one side of a slot end."""
    others, ends = (slot.before, slot.before_ends) if before else (slot.after, slot.after_ends)
    if ends:
        return [place[other] + at for other, (_, at) in zip(others, ends, strict=True)]
    return [place[other] for other in others]


def _median(places: list[float], own: int) -> float:
    if not places:
        return own
    half = len(places) // 2
    return places[half] if len(places) % 2 else (places[half - 1] + places[half]) / 2


def _exchange(rows: Sequence[list[Any]]) -> None:
    """Exchange neighbours where fewer edges then cross."""
    for index, row in enumerate(rows):
        below = {slot: at for at, slot in enumerate(rows[index - 1])} if index else {}
        above = {slot: at for at, slot in enumerate(rows[index + 1])} if rows[index + 1 :] else {}
        ends = [(_places(slot, below, True), _places(slot, above, False)) for slot in row]
        for left in range(len(row) - 1):
            (a, over_a), (b, over_b) = ends[left], ends[left + 1]
            now = _crossed(a, b) + _crossed(over_a, over_b)
            if now and _crossed(b, a) + _crossed(over_b, over_a) < now:
                row[left], row[left + 1] = row[left + 1], row[left]
                ends[left], ends[left + 1] = ends[left + 1], ends[left]


def _crossed(left: list[float], right: list[float]) -> int:
    return sum(a > b for a in left for b in right)


def _crossings(rows: Sequence[list[Any]]) -> int:
    count = 0
    for lower, upper in zip(rows, rows[1:], strict=False):
        place = {slot: index for index, slot in enumerate(upper)}
        seen: list[float] = []
        for slot in lower:
            for ends in _bundles(slot, _places(slot, place, False)):
                count += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
    return count


def _bundles(slot: Any, ends: list[float]) -> Iterable[list[float]]:
    """Return the ends of a slot's edges, those together that begin at the same place."""
    if not slot.after_ends:
        return [ends]
    bundles: dict[float, list[float]] = {}
    for (own, _), end in zip(slot.after_ends, ends, strict=True):
        bundles.setdefault(own, []).append(end)
    return bundles.values()
