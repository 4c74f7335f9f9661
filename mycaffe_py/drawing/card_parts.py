"""The parts of a net's picture made of cards: cards with chips and ports, wires, labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Port:
    """Where a blob enters or leaves a card; the position is relative to the card's left top until it is laid out."""

    blob: str
    x: float = 0.0
    y: float = 0.0
    label_width: float = 0.0
    """Room that the label of the wires from here needs, 0 without one."""


@dataclass(eq=False)
class Chip:
    """A layer that works in place, on the card of the layer that made its blob. ``index`` counts in the file."""

    index: int
    name: str
    type: str
    group: str
    phase: str | None = None
    text: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(eq=False)
class Card:
    """A layer; ``x`` and ``y`` are its left top in pixels. ``index`` counts in the file.

    ``title``, ``subtitle`` and ``lines`` are the texts to draw: name and type, shortened if they are very long, and
    what else the card says. ``phase`` is TRAIN or TEST for a layer of that phase only.
    """

    index: int
    name: str
    type: str
    group: str
    loss: bool = False
    phase: str | None = None
    title: str = ""
    subtitle: str = ""
    lines: list[str] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Label:
    """The name of a wire's blob: x, baseline, SVG's text-anchor; the shape's baseline is ``shape_y``."""

    x: float
    y: float
    anchor: str
    text: str
    shape_y: float


@dataclass(eq=False)
class Wire:
    """A blob from the card that makes it to one that reads it.

    ``source`` is None for a bottom that no layer makes, ``target`` for a top that no layer reads; such wires are short.
    ``path`` is an SVG path. Of all wires of a blob, one has its label.
    """

    blob: str
    source: Card | None
    target: Card | None
    out: Port | None
    into: Port | None
    shape: str | None = None
    path: str = ""
    label: Label | None = None


@dataclass
class CardGraph:
    """A laid-out net: its size in pixels, its cards in file order, and the wires between them."""

    width: float = 0.0
    height: float = 0.0
    cards: list[Card] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the graph as dicts and lists; positions are rounded to a tenth of a pixel."""
        return {
            "w": round(self.width, 1),
            "h": round(self.height, 1),
            "cards": [_card(card) for card in self.cards],
            "wires": [_wire(wire) for wire in self.wires],
        }


def _card(card: Card) -> dict[str, Any]:
    return {
        **_fields(card, "index name type group title subtitle lines loss phase"),
        **_box(card),
        "chips": [
            {**_fields(chip, "index name type group phase text"), **_box(chip)}
            for chip in card.chips
        ],
        "ports": {
            "in": [_port(port) for port in card.inputs],
            "out": [_port(port) for port in card.outputs],
        },
    }


def _fields(part: Card | Chip, names: str) -> dict[str, Any]:
    return {name: getattr(part, name) for name in names.split()}


def _box(part: Card | Chip) -> dict[str, float]:
    values = {"x": part.x, "y": part.y, "w": part.width, "h": part.height}
    return {name: round(value, 1) for name, value in values.items()}


def _port(port: Port) -> dict[str, Any]:
    return {"blob": port.blob, "x": round(port.x, 1), "y": round(port.y, 1)}


def _wire(wire: Wire) -> dict[str, Any]:
    label = wire.label
    return {
        "from": None if wire.source is None else wire.source.index,
        "to": None if wire.target is None else wire.target.index,
        "blob": wire.blob,
        "shape": wire.shape,
        "d": wire.path,
        "label": None
        if label is None
        else {
            "x": round(label.x, 1),
            "y": round(label.y, 1),
            "anchor": label.anchor,
            "text": label.text,
            "shape_y": round(label.shape_y, 1),
        },
    }
