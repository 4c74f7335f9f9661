"""Which layers of a net become cards and chips, and which of them the wires connect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.layer.layer import PHASE_NAMES, TEST, TRAIN
from mycaffe_py.layer.state_rules import is_included
from mycaffe_py.plugins.groups import layer_group

from .card_parts import Card, Chip, Port, Wire
from .card_sizes import BLOB, WIDEST_TEXT, label_width
from .graph import Shapes
from .labels import layer_summary


@dataclass(eq=False)
class _Made:
    """A blob as a card made it, for the layers of some phases."""

    card: Card
    port: Port
    phases: frozenset[int]
    wires: list[Wire]


class CardLinks:
    """Collects cards and wires, layer after layer in file order."""

    def __init__(self, net: Any, shapes: Shapes, kind_of: Callable[[str], tuple[str, bool]]):
        self.net, self.shapes, self.kind_of = net, shapes, kind_of
        self.cards: list[Card] = []
        self.wires: list[Wire] = []
        self._states = _states(net)
        self._made: dict[str, list[_Made]] = {}
        self._all: list[_Made] = []

    def add(self, index: int, layer: Any, lines: Sequence[str]) -> None:
        """Add a layer as a card; as a chip if it works in place on a blob of one card that nothing has read yet."""
        phases = self._phases(layer)
        group, is_loss = self.kind_of(layer.type)
        only = phases & {TRAIN, TEST}
        phase = PHASE_NAMES[next(iter(only))] if len(only) == 1 else None
        if list(layer.bottom) == list(layer.top) and len(layer.top) == 1:
            makers = self._makers(layer.top[0], phases)
            if len(makers) == 1 and not makers[0].wires:
                chip = Chip(index, layer.name, layer.type, group, phase)
                makers[0].card.chips.append(chip)
                return
        loss = is_loss or any(layer.loss_weight)
        card = Card(index, layer.name, layer.type, group, loss, phase, lines=list(lines))
        self.cards.append(card)
        for blob in layer.bottom:
            self._read(card, blob, phases)
        for blob in layer.top:
            self._write(card, index, blob, phases)

    def finish(self) -> None:
        """Add the wires of blobs that nothing reads, and the room for the labels."""
        for made in self._all:
            if not made.wires:
                made.wires.append(Wire(made.port.blob, made.card, None, made.port, None))
                self.wires += made.wires
            shape = self.shapes.get((made.card.index, made.port.blob))
            text = None if shape is None else " x ".join(map(str, shape)) or "scalar"
            for wire in made.wires:
                wire.shape = text
            name = BLOB.shortened(made.port.blob, WIDEST_TEXT)
            made.port.label_width = label_width(name, text or "")

    def _phases(self, layer: Any) -> frozenset[int]:
        """Return which of the states include a layer; one that none includes counts as part of all."""
        every = range(len(self._states))
        return frozenset(at for at in every if is_included(layer, self._states[at])) or frozenset(
            every
        )

    def _makers(self, blob: str, phases: frozenset[int]) -> list[_Made]:
        return [made for made in self._made.get(blob, ()) if made.phases & phases]

    def _read(self, card: Card, blob: str, phases: frozenset[int]) -> None:
        port = Port(blob)
        card.inputs.append(port)
        makers = self._makers(blob, phases)
        for made in makers:
            made.wires.append(Wire(blob, made.card, card, made.port, port))
            self.wires.append(made.wires[-1])
        if not makers:
            port.label_width = label_width(BLOB.shortened(blob, WIDEST_TEXT), "")
            self.wires.append(Wire(blob, None, card, None, port))

    def _write(self, card: Card, index: int, blob: str, phases: frozenset[int]) -> None:
        made = _Made(card, Port(blob), phases, [])
        card.outputs.append(made.port)
        others = [old for old in self._made.get(blob, ()) if not old.phases & phases]
        self._made[blob] = [*others, made]
        self._all.append(made)


def _states(net: Any) -> list[Any]:
    """Return the states that tell layers apart: TRAIN, TEST and, if rules mention stages, TEST with all of them."""
    stages = {
        stage
        for layer in net.layer
        for rule in (*layer.include, *layer.exclude)
        for stage in (*rule.stage, *rule.not_stage)
    }
    states = []
    for phase, extra in ((TRAIN, set()), (TEST, set()), *([(TEST, stages)] if stages else [])):
        state = type(net.state)()
        state.CopyFrom(net.state)
        state.phase = phase
        state.stage.extend(extra)
        states.append(state)
    return states


def kinds_in(registry: Any) -> Callable[[str], tuple[str, bool]]:
    """Return a function from a type's name to its group and whether it is a loss; unknown types are "other"."""
    known: dict[str, tuple[str, bool]] = {}

    def kind_of(type_name: str) -> tuple[str, bool]:
        if type_name not in known:
            kind = ("other", False)
            if type_name in registry.layers:
                cls = registry.layers.find(type_name)
                kind = (layer_group(cls), bool(cls.is_loss))
            known[type_name] = kind
        return known[type_name]

    return kind_of


def lines_of(
    index: int, layer: Any, weights: Mapping[int, int], notes: Mapping[int, str]
) -> list[str]:
    """Return what a card says below name and type: main settings, number of weights, a note."""
    count = weights.get(index)
    lines = [layer_summary(layer), f"{count:,} weights" if count else "", notes.get(index, "")]
    return [line for line in lines if line]
