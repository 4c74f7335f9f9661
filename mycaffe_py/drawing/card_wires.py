"""The cards' places down, the paths of the wires between them, and the wires' labels."""

from __future__ import annotations

from collections.abc import Sequence

from .card_layout import Placed
from .card_parts import Card, Chip, Label, Port, Wire
from .card_sizes import BLOB, LABEL_LEFT, WIDEST_TEXT
from .card_slots import Slot

MARGIN = 24.0
_NAME_LINE, _SHAPE_LINE = 15.0, 28.0
"""Baselines of a label's two lines below the card."""
_LABEL_DEPTH, _SHAPE_DEPTH = 20.0, 33.0
"""Room below a card for a label without and with a shape; wires run straight down in it."""
_STUB = 24.0
"""Length of a wire that comes from no card."""
_GAP, _STEEPEST, _WIDEST_GAP = 36.0, 0.14, 88.0
"""Room between ranks for the bends, and how much more of it wires need that lead far to the side."""


def draw_wires(placed: Placed, wires: Sequence[Wire]) -> tuple[float, float]:
    """Set the cards' ``y``, make the ports' places absolute, and draw all wires; return width and height."""
    bands = _bands(placed, wires)
    rank_of = {slot.card: slot.rank for row in placed.rows for slot in row}
    height = 2 * MARGIN
    for row, (low, high, stub) in zip(placed.rows, bands, strict=True):
        height = high + MARGIN
        for slot in row:
            slot.x += MARGIN
            if slot.card is not None:
                _fix(slot.card, MARGIN, low + stub)
    for wire in wires:
        _draw(wire, placed.lanes.get(wire, []), bands, rank_of)
    _label(wires)
    right = max((slot.x + slot.right for row in placed.rows for slot in row), default=MARGIN)
    return right + MARGIN, height


def _fix(card: Card, x: float, y: float) -> None:
    """Move a card to its place, with everything on it."""
    card.x, card.y = card.x + x, y
    parts: list[Chip | Port] = [*card.chips, *card.inputs, *card.outputs]
    for part in parts:
        part.x += card.x
        part.y += card.y


Band = tuple[float, float, float]
"""Extent of a rank from top to bottom, with its labels, and the room above its cards for wires from nowhere."""


def _bands(placed: Placed, wires: Sequence[Wire]) -> list[Band]:
    shaped = {wire.out for wire in wires if wire.shape is not None}
    lonely = {wire.target for wire in wires if wire.source is None}
    bands, top = [], MARGIN
    for row in placed.rows:
        cards = [slot.card for slot in row if slot.card is not None]
        stub = _STUB if any(card in lonely for card in cards) else 0.0
        depth = max((card.height + _depth(card, shaped) for card in cards), default=0.0)
        bands.append((top, top + stub + depth, stub))
        top += stub + depth + round(_gap(row))
    return bands


def _depth(card: Card, shaped: set[Port | None]) -> float:
    """Return the room that the labels below a card need."""
    return max(
        (_SHAPE_DEPTH if port in shaped else _LABEL_DEPTH for port in card.outputs), default=0.0
    )


def _gap(row: list[Slot]) -> float:
    """Return the room for the bends below a rank, the more the further they lead to the side."""
    sides = (
        abs(other.x + shift - slot.x)
        for slot in row
        for other, shift in zip(slot.after, slot.after_shift, strict=True)
    )
    furthest = max(sides, default=0.0)
    return min(_GAP + _STEEPEST * max(0.0, furthest - 60.0), _WIDEST_GAP)


def _draw(
    wire: Wire, lanes: list[Slot], bands: list[Band], rank_of: dict[Card | None, int]
) -> None:
    """Set a wire's path: straight down within ranks, bent between them."""
    if wire.source is None and wire.into is not None:
        wire.path = f"M{_n(wire.into.x)} {_n(wire.into.y - _STUB)}V{_n(wire.into.y)}"
        return
    if wire.out is None:
        return
    x, y = wire.out.x, wire.out.y
    path = f"M{_n(x)} {_n(y)}"
    if wire.target is None or wire.into is None:
        depth = _SHAPE_DEPTH if wire.shape is not None else _LABEL_DEPTH
        wire.path = f"{path}V{_n(y + depth)}"
        return
    rank = rank_of[wire.source]
    for at, lane in enumerate(lanes):
        path += _bend(x, lane.x, bands[rank + at][1], bands[rank + at + 1][0])
        x = lane.x
    end = rank + len(lanes)
    path += _bend(x, wire.into.x, bands[end][1], bands[end + 1][0])
    wire.path = (
        path if wire.into.y == bands[end + 1][0] and "C" in path else f"{path}V{_n(wire.into.y)}"
    )


def _bend(x: float, to_x: float, low: float, high: float) -> str:
    """Return a path straight down to ``low``, then over to ``to_x`` at ``high``."""
    if abs(to_x - x) < 0.5:
        return f"V{_n(low)}L{_n(to_x)} {_n(high)}" if _n(to_x) != _n(x) else ""
    half = (high - low) * 0.6
    return f"V{_n(low)}C{_n(x)} {_n(low + half)} {_n(to_x)} {_n(high - half)} {_n(to_x)} {_n(high)}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _label(wires: Sequence[Wire]) -> None:
    """Label one wire of each blob: beside its begin, below the card that makes it."""
    seen: set[Port] = set()
    for wire in wires:
        text = BLOB.shortened(wire.blob, WIDEST_TEXT)
        if wire.out is not None and wire.out not in seen:
            seen.add(wire.out)
            y = wire.out.y
            wire.label = Label(
                wire.out.x + LABEL_LEFT, y + _NAME_LINE, "start", text, y + _SHAPE_LINE
            )
        elif wire.out is None and wire.into is not None:
            y = wire.into.y - _STUB + 11.0
            wire.label = Label(wire.into.x + LABEL_LEFT, y, "start", text, y)
