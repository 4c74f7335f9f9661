"""Layout of cards from top to bottom: ranks, their order, and each card's place across.

As in ``layout.py``, but wires begin and end at ports, a card has room at its side for the labels of its wires, and all
wires of a blob share one lane through the ranks that they pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mycaffe_py.errors import ConfigError

from .card_parts import Card, Port, Wire
from .card_places import place_across
from .card_sizes import LABEL_LEFT
from .card_slots import Slot
from .layout import ranks_of
from .ordering import move_branches, order_ranks

_PATIENCE, _LARGEST_BRANCH, _WIDEST_ROW = 3, 40, 40
_MOST_LANES = 20_000


@dataclass
class Placed:
    """What the layout found: rows of slots, and for each wire between cards the lanes that it runs through."""

    rows: list[list[Slot]]
    lanes: dict[Wire, list[Slot]]


def place_cards(cards: Sequence[Card], wires: Sequence[Wire]) -> Placed:
    """Rank the cards and place them across; sets each card's ``x``.

    Raises ConfigError if the wires pass so many ranks that nobody could follow them.
    """
    joined = [wire for wire in wires if wire.source is not None and wire.target is not None]
    ranks: dict[Card, int] = ranks_of(cards, joined)
    _check_size(joined, ranks)
    slots = {card: _slot_of(card, ranks[card]) for card in cards}
    rows: list[list[Slot]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    lanes = _connect(joined, ranks, slots)
    for slot in slots.values():
        rows[slot.rank].append(slot)
    for lane in {id(slot): slot for chain in lanes.values() for slot in chain}.values():
        rows[lane.rank].append(lane)
    _sort_by_ports(slots.values())
    _first_order(rows)
    order_ranks(rows, _PATIENCE)
    move_branches(rows, _branches(rows))
    place_across(rows)
    for slot in slots.values():
        if slot.card is not None:
            slot.card.x = slot.x - slot.card.width / 2
    return Placed(rows, lanes)


def _check_size(wires: Sequence[Wire], ranks: dict[Card, int]) -> None:
    longest: dict[Port, int] = {}
    for wire in wires:
        if wire.source is not None and wire.target is not None and wire.out is not None:
            length = ranks[wire.target] - ranks[wire.source]
            longest[wire.out] = max(longest.get(wire.out, 0), length)
    if sum(longest.values()) > _MOST_LANES:
        raise ConfigError("the net's blobs pass too many layers to be drawn")


def _slot_of(card: Card, rank: int) -> Slot:
    half = card.width / 2
    reach = [
        port.x - half + LABEL_LEFT + port.label_width + 4
        for port in (*card.outputs, *card.inputs)
        if port.label_width
    ]
    return Slot(rank=rank, card=card, left=half, right=max([half, *reach]))


def _connect(
    wires: Sequence[Wire], ranks: dict[Card, int], slots: dict[Card, Slot]
) -> dict[Wire, list[Slot]]:
    """Connect the slots along all wires; return the lanes that each wire runs through."""
    widest = 2 * max((max(slot.left, slot.right) for slot in slots.values()), default=1.0) + 1
    trunks: dict[Port, list[Slot]] = {}
    lanes: dict[Wire, list[Slot]] = {}
    for wire in wires:
        if wire.source is None or wire.target is None or wire.out is None or wire.into is None:
            continue
        start, end = slots[wire.source], slots[wire.target]
        trunk = trunks.setdefault(wire.out, [])
        leaving = wire.out.x - wire.source.width / 2
        while start.rank + len(trunk) + 1 < end.rank:
            lane = Slot(rank=start.rank + len(trunk) + 1)
            _join(trunk[-1] if trunk else start, lane, 0.0 if trunk else leaving, 0.0, widest)
            trunk.append(lane)
        lanes[wire] = trunk[: end.rank - start.rank - 1]
        last = lanes[wire][-1] if lanes[wire] else start
        arriving = wire.into.x - wire.target.width / 2
        _join(last, end, 0.0 if lanes[wire] else leaving, arriving, widest)
    return lanes


def _join(upper: Slot, lower: Slot, leaving: float, arriving: float, widest: float) -> None:
    upper.after.append(lower)
    upper.after_shift.append(arriving - leaving)
    upper.after_ends.append((leaving / widest + 0.5, arriving / widest + 0.5))
    lower.before.append(upper)
    lower.before_shift.append(leaving - arriving)
    lower.before_ends.append((arriving / widest + 0.5, leaving / widest + 0.5))


def _sort_by_ports(slots: Iterable[Slot]) -> None:
    """Put the wires that leave a card in the order of their ports."""
    for slot in slots:
        order = [at for _, at in sorted((ends[0], at) for at, ends in enumerate(slot.after_ends))]
        slot.after = [slot.after[at] for at in order]
        slot.after_shift = [slot.after_shift[at] for at in order]
        slot.after_ends = [slot.after_ends[at] for at in order]


def _first_order(rows: list[list[Slot]]) -> None:
    """Sort each row by where its wires come from.

    Cards of one origin stay in file order, but branches that end stand to the right of those that go on, where
    labels are mostly; lanes come last.
    """
    for above, row in zip(rows, rows[1:], strict=False):
        place = {slot: index for index, slot in enumerate(above)}
        last = float(len(above))

        def origin(
            slot: Slot, place: dict[Slot, int] = place, last: float = last
        ) -> tuple[float, bool]:
            ends = [
                place[other] + at
                for other, (_, at) in zip(slot.before, slot.before_ends, strict=True)
            ]
            return sum(ends) / len(ends) if ends else last, _comes_to_an_end(slot)

        row.sort(key=origin)


def _comes_to_an_end(slot: Slot) -> bool:
    """Whether a branch that parts from others at a slot joins none of them again."""
    if slot.card is None or not any(len(above.after) > 1 for above in slot.before):
        return False
    branch = _branch_from(slot)
    own = {each for part in branch for each in part}
    return bool(own) and all(below in own for each in own for below in each.after)


def _branches(rows: list[list[Slot]]) -> list[tuple[int, list[list[Slot]]]]:
    """Return the branches that begin where wires part: what is computed from the first slot, and from lanes, alone."""
    found = []
    for row in rows:
        for slot in row:
            parted = not slot.before or any(len(above.after) > 1 for above in slot.before)
            if parted and len(row) <= _WIDEST_ROW:
                branch = _branch_from(slot)
                if branch:
                    found.append((slot.rank, branch))
    return found


def _branch_from(first: Slot) -> list[list[Slot]]:
    """Return the branch that begins with a slot, row by row; an empty one if it is large."""
    own = {first}
    branch, size = [[first]], 1
    while True:
        below = dict.fromkeys(slot for above in branch[-1] for slot in above.after)
        part = [slot for slot in below if all(up in own or up.card is None for up in slot.before)]
        size += len(part)
        if size > _LARGEST_BRANCH:
            return []
        if not part:
            return branch
        own.update(part)
        branch.append(part)
