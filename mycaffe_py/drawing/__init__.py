"""A net's graph, its layout, SVG and PNG; nets as cards; and the look of all pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from . import style as style
    from .card_parts import (
        Card as Card,
        CardGraph as CardGraph,
        Chip as Chip,
        Label as Label,
        Port as Port,
        Wire as Wire,
    )
    from .cards import card_graph as card_graph, layer_group as layer_group
    from .graph import belongs as belongs
    from .labels import layer_summary as layer_summary
    from .ordering import Ranked as Ranked, order_ranks as order_ranks
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        modules="style",
        card_parts="Card CardGraph Chip Label Port Wire",
        cards="card_graph layer_group",
        graph="belongs",
        labels="layer_summary",
        ordering="Ranked order_ranks",
    )
