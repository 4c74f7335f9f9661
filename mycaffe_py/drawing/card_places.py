"""Places across for slots in ordered rows: straight lanes and lines of cards, near to what they connect.

Slots that shall lie on one straight line form a chain. The places of the chains minimise the squared distances across
of all wires' ends, while the slots of each row keep their order and distance: a quadratic problem, solved by turns of a
step for each chain and one for all, each followed by the nearest places that keep the distances (Dwyer, Marriott and
Stuckey 2006, "Fast node overlap removal").
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .card_slots import Slot, distance, line_above

_TURNS, _STEPS, _MOST_SOLVED = 5, 4, 800
_ANCHOR = 1e-6
"""Weight with which everything stays where it is: it makes the problem definite."""


@dataclass(eq=False)
class _Chain:
    """Slots on a straight line, each ``shift`` beside the first one; ``index`` counts the chains."""

    index: int
    slots: list[Slot] = field(default_factory=list)
    shifts: list[float] = field(default_factory=list)
    left_of: list[tuple[int, float]] = field(default_factory=list)
    """Chains on the left, with their least distance from this one."""


def place_across(rows: Sequence[list[Slot]]) -> None:
    """Set the ``x`` of all slots, the leftmost one's left at 0."""
    chains, place_of = _chains(rows)
    if not chains:
        return
    order = _keep_distances(rows, chains, place_of)
    system = _System(chains, place_of)
    x = _nearest(np.zeros(len(chains)), system.stiffness, chains, order)
    best, least = x, system.energy(x)
    turn = [*[system.step] * _STEPS, *([system.solution] if len(chains) <= _MOST_SOLVED else [])]
    for _ in range(_TURNS):
        for wanted in turn:
            x = _nearest(wanted(x, chains), system.stiffness, chains, order)
        energy = system.energy(x)
        if energy > least * 0.999:
            break
        best, least = x, energy
    for chain in chains:
        for slot, shift in zip(chain.slots, chain.shifts, strict=True):
            slot.x = float(best[chain.index]) + shift
    left = min(slot.x - slot.left for row in rows for slot in row)
    for row in rows:
        for slot in row:
            slot.x -= left


Places = dict[Slot, tuple[_Chain, float]]


def _chains(rows: Sequence[list[Slot]]) -> tuple[list[_Chain], Places]:
    """Return the chains, and for each slot its chain and shift. Of lines that cross each other, some are broken."""
    chains: list[_Chain] = []
    place_of: Places = {}
    for above, row in zip([[], *rows], rows, strict=False):
        index = {slot: at for at, slot in enumerate(above)}
        straight = _not_crossing([(slot, index[up]) for slot in row if (up := line_above(slot))])
        for slot in row:
            if slot in straight:
                chain, shift = place_of[slot.before[0]]
                shift += slot.before_shift[0]
            else:
                chain, shift = _Chain(len(chains)), 0.0
                chains.append(chain)
            chain.slots.append(slot)
            chain.shifts.append(shift)
            place_of[slot] = chain, shift
    return chains, place_of


def _not_crossing(lines: list[tuple[Slot, int]]) -> set[Slot]:
    """Return the most slots whose lines from above, given by their places there, do not cross each other."""
    ends: list[int] = []
    chosen: list[tuple[Slot, int | None]] = []
    last: list[int] = []
    for at, (slot, place) in enumerate(lines):
        rank = bisect_left(ends, place)
        chosen.append((slot, last[rank - 1] if rank else None))
        ends[rank : rank + 1] = [place]
        last[rank : rank + 1] = [at]
    found: set[Slot] = set()
    at_end: int | None = last[-1] if last else None
    while at_end is not None:
        slot, at_end = chosen[at_end]
        found.add(slot)
    return found


def _keep_distances(
    rows: Sequence[list[Slot]], chains: list[_Chain], place_of: Places
) -> list[_Chain]:
    """Set the chains' distances from those on their left; return the chains from left to right."""
    least: dict[tuple[int, int], float] = {}
    for row in rows:
        for left, right in zip(row, row[1:], strict=False):
            (a, shift_a), (b, shift_b) = place_of[left], place_of[right]
            key = a.index, b.index
            least[key] = max(least.get(key, -np.inf), shift_a + distance(left, right) - shift_b)
    missing = [0] * len(chains)
    right_of: list[list[int]] = [[] for _ in chains]
    for (a_index, b_index), gap in least.items():
        chains[b_index].left_of.append((a_index, gap))
        right_of[a_index].append(b_index)
        missing[b_index] += 1
    order = [chain for chain in chains if not missing[chain.index]]
    for chain in order:
        for other in right_of[chain.index]:
            missing[other] -= 1
            if not missing[other]:
                order.append(chains[other])
    return order


class _System:
    """The wires between chains as springs: ``stiffness @ x - force`` is the gradient of their energy."""

    def __init__(self, chains: list[_Chain], place_of: Places):
        count = len(chains)
        self.matrix = np.zeros((count, count))
        self.force = np.zeros(count)
        self.constant = 0.0
        for slot, (chain, shift) in place_of.items():
            for other, beside in zip(slot.after, slot.after_shift, strict=True):
                below, other_shift = place_of[other]
                if below is not chain:
                    # straight where x[chain] + shift == x[below] + other_shift + beside
                    self._add(chain.index, below.index, other_shift + beside - shift)
        self.stiffness = np.diag(self.matrix) + _ANCHOR

    def _add(self, a: int, b: int, apart: float) -> None:
        """Add a spring that is at rest where x[a] - x[b] == apart."""
        self.matrix[a, a] += 1
        self.matrix[b, b] += 1
        self.matrix[a, b] -= 1
        self.matrix[b, a] -= 1
        self.force[a] += apart
        self.force[b] -= apart
        self.constant += apart * apart

    def energy(self, x: np.ndarray) -> float:
        """Return the sum of the squared distances."""
        return float(x @ self.matrix @ x - 2 * self.force @ x + self.constant)

    def step(self, x: np.ndarray, chains: list[_Chain]) -> np.ndarray:
        """Move each chain most of the way to where its own wires want it."""
        del chains
        return x - 0.7 * (self.matrix @ x - self.force) / self.stiffness

    def solution(self, x: np.ndarray, chains: list[_Chain]) -> np.ndarray:
        """Return the best places if chains that touch stay together."""
        group, offset = _touching(x, chains)
        count = int(group.max()) + 1
        member = np.zeros((len(x), count))
        member[np.arange(len(x)), group] = 1.0
        matrix = member.T @ self.matrix @ member + _ANCHOR * np.eye(count)
        force = member.T @ (self.force - self.matrix @ offset)
        start = member.T @ (x - offset) / member.sum(axis=0)
        found = np.linalg.solve(matrix, force + _ANCHOR * start)
        return np.asarray(found[group] + offset)


def _touching(x: np.ndarray, chains: list[_Chain]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each chain the group of those that touch, and its place beside the group's first one."""
    parent = list(range(len(chains)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for chain in chains:
        for other, gap in chain.left_of:
            if x[chain.index] - x[other] < gap + 1e-6:
                parent[root(chain.index)] = root(other)
    roots = [root(at) for at in range(len(chains))]
    number = {at: index for index, at in enumerate(dict.fromkeys(roots))}
    return np.array([number[at] for at in roots]), x - x[roots]


class _Block:
    """Chains that touch, each at ``offset`` from the block's place, which is the weighted mean of what they want."""

    __slots__ = ("limits", "members", "place", "total", "weight")

    def __init__(self, chain: _Chain, wanted: float, weight: float):
        self.members = [chain.index]
        self.limits = [(chain.index, other, gap) for other, gap in chain.left_of]
        """(member, a chain on its left, their least distance), as long as that belongs to another block."""
        self.weight, self.total, self.place = weight, weight * wanted, wanted


def _nearest(
    wanted: np.ndarray, weights: np.ndarray, chains: list[_Chain], order: list[_Chain]
) -> np.ndarray:
    """Return places that keep all distances, near to the wanted ones (weighted least squares)."""
    offset = [0.0] * len(chains)
    blocks = [
        _Block(chain, place, weight)
        for chain, place, weight in zip(chains, wanted.tolist(), weights.tolist(), strict=True)
    ]
    for chain in order:
        while True:
            block = blocks[chain.index]
            block.limits = [limit for limit in block.limits if blocks[limit[1]] is not block]
            most, found = 1e-9, None
            for index, other, gap in block.limits:
                left, apart = blocks[other], offset[other] + gap - offset[index]
                over = left.place + apart - block.place
                if over > most:
                    most, found = over, (left, apart)
            if found is None:
                break
            _merge(*found, block, blocks, offset)
    return np.array([blocks[at].place + offset[at] for at in range(len(chains))])


def _merge(
    left: _Block, apart: float, right: _Block, blocks: list[_Block], offset: list[float]
) -> None:
    """Join two blocks, ``right`` at ``apart`` from ``left``."""
    if len(left.members) < len(right.members):
        left, right, apart = right, left, -apart
    for index in right.members:
        offset[index] += apart
        blocks[index] = left
    left.members += right.members
    left.limits += right.limits
    left.total += right.total - right.weight * apart
    left.weight += right.weight
    left.place = left.total / left.weight
