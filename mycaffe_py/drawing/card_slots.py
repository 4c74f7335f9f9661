"""What the rows of a picture made of cards consist of: cards, and the lanes of wires that pass them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .card_parts import Card
from .ordering import Ranked

CARD_GAP, LANE_GAP = 26.0, 16.0


@dataclass(eq=False, kw_only=True)
class Slot(Ranked):
    """A card, or the lane of a blob's wires through a rank; it reaches from ``x - left`` to ``x + right``."""

    rank: int
    card: Card | None = None
    left: float = 2.0
    right: float = 2.0
    x: float = 0.0
    before_shift: list[float] = field(default_factory=list)
    after_shift: list[float] = field(default_factory=list)
    """For each wire, where its end on this slot lies, from that on the other one's centre to this one's."""


def distance(left: Slot, right: Slot) -> float:
    """Return the least distance between the centres of neighbours."""
    both = left.card is not None and right.card is not None
    return left.right + right.left + (CARD_GAP if both else LANE_GAP)


def line_above(slot: Slot) -> Slot | None:
    """Return the slot above that a slot continues: its lane's, or the only one if that leads nowhere else."""
    if len(slot.before) != 1:
        return None
    above: Slot = slot.before[0]
    both_lanes = slot.card is None and above.card is None
    return above if both_lanes or len(above.after) == 1 else None
