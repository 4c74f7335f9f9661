"""A net as cards: one for each layer, with what works in place as chips, and wires from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mycaffe_py.plugins.groups import layer_group as layer_group

from .card_layout import place_cards
from .card_links import CardLinks, kinds_in, lines_of
from .card_parts import Card, CardGraph
from .card_sizes import measure as measure_card
from .card_wires import draw_wires
from .graph import Shapes, belongs


def card_graph(
    net: Any,
    registry: Any,
    *,
    phase: int | None = None,
    shapes: Shapes | None = None,
    weights: Mapping[int, int] | None = None,
    notes: Mapping[int, str] | None = None,
    measure: Callable[[Card], None] = measure_card,
) -> CardGraph:
    """Return the picture of a NetParameter of the current format, laid out, with its layers of one phase or all.

    ``shapes``: (position of a layer, top) -> shape; ``weights``: position of a layer -> number of its weights; what is
    not known is left out. ``notes``: position of a layer -> a further line on its card. ``measure`` sets a card's
    size, texts, and the places of its ports and chips.
    Types that the registry lacks are drawn like any other.
    """
    links = CardLinks(net, shapes or {}, kinds_in(registry))
    known, further = weights or {}, notes or {}
    for index, layer in enumerate(net.layer):
        if belongs(net, layer, phase):
            links.add(index, layer, lines_of(index, layer, known, further))
    links.finish()
    for card in links.cards:
        measure(card)
    placed = place_cards(links.cards, links.wires)
    width, height = draw_wires(placed, links.wires)
    return CardGraph(width, height, links.cards, links.wires)
