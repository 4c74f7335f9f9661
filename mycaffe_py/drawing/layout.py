"""Layout of a graph in ranks along the direction of flow, with few crossings.

The steps of Sugiyama's method: ranks by longest paths, dummy nodes in each rank that an edge passes,
order within the ranks by medians, then positions that pull connected nodes onto straight lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.errors import ConfigError

from .graph import Graph, Node
from .ordering import SWEEPS as ORDER_SWEEPS, Ranked, order_ranks
from .sizes import LABEL_SIZE, label_width, measure

RANK_GAP = 34.0
NODE_GAP = 18.0
MARGIN = 16.0
_LABEL_ROOM = 24.0
_SWEEPS, _FEWEST_SWEEPS = 24, 4
_SLOTS_AT_LEISURE, _MOST_SLOTS = 20_000, 200_000


@dataclass(eq=False, kw_only=True)
class Slot(Ranked):
    """A node, or the dummy node of an edge that passes a rank; ``across`` is its position in the rank."""

    rank: int
    breadth: float
    node: Node | None = None
    across: float = 0.0


@dataclass
class Band:
    """Extent of a rank along the flow: labels from ``low`` on, nodes from ``inner`` to ``high``."""

    low: float
    inner: float
    high: float

    @property
    def middle(self) -> float:
        """Position of the nodes' centres."""
        return (self.inner + self.high) / 2


def lay_out(graph: Graph, rankdir: str) -> tuple[float, float]:
    """Set the positions of all nodes and the points of all edges; return the picture's width and height.

    Raises ConfigError if the connections pass so many ranks that it would take minutes.
    """
    horizontal = rankdir in ("LR", "RL")
    for node in graph.nodes:
        measure(node)
    ranks: dict[Node, int] = ranks_of(graph.nodes, graph.edges)
    slots, chains = _slots(graph, ranks, horizontal)
    rows: list[list[Slot]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for slot in slots:
        rows[slot.rank].append(slot)
    haste = max(1, len(slots) // _SLOTS_AT_LEISURE)
    order_ranks(rows, patience=max(1, ORDER_SWEEPS // haste))
    _place_across(rows, sweeps=max(_FEWEST_SWEEPS, _SWEEPS // haste))
    bands = _bands(graph, ranks, horizontal)
    length = bands[-1].high + MARGIN if bands else 2 * MARGIN
    breadth = max((s.across + s.breadth / 2 for s in slots), default=0.0) + MARGIN
    for slot in slots:
        if slot.node is not None:
            slot.node.x, slot.node.y = bands[slot.rank].middle, slot.across
    for edge, chain in zip(graph.edges, chains, strict=True):
        edge.points = _route(chain, bands, horizontal)
    _turn(graph, rankdir, length)
    return (length, breadth) if horizontal else (breadth, length)


def ranks_of(nodes: Sequence[Any], edges: Iterable[Any]) -> dict[Any, int]:
    """Return each node's rank: one more than the highest below it; lone sources are pulled up.

    An edge has a ``source`` and a ``target``; the edges form no circle.
    """
    before, after = defaultdict(list), defaultdict(list)
    for edge in edges:
        before[edge.target].append(edge.source)
        after[edge.source].append(edge.target)
    missing = {node: len(before[node]) for node in nodes}
    ready = [node for node in nodes if not missing[node]]
    ranks = dict.fromkeys(nodes, 0)
    for node in ready:
        for target in after[node]:
            ranks[target] = max(ranks[target], ranks[node] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for source in [node for node in nodes if not before[node] and after[node]]:
        group = {source, *(node for node in after[source] if len(before[node]) == 1)}
        outer = [(ranks[node], ranks[t]) for node in group for t in after[node] if t not in group]
        slack = min((high - low - 1 for low, high in outer), default=0)
        for node in group:
            ranks[node] += slack
    return ranks


def _slots(
    graph: Graph, ranks: dict[Node, int], horizontal: bool
) -> tuple[list[Slot], list[list[Slot]]]:
    """Return the slots of all ranks, and for each edge those that it passes through."""
    breadths = {node: node.height if horizontal else node.width for node in graph.nodes}
    for edge in graph.edges:
        if edge.label and horizontal:
            breadths[edge.target] = max(breadths[edge.target], 2 * LABEL_SIZE + 14)
        elif edge.label:
            breadths[edge.target] = max(breadths[edge.target], 2 * (label_width(edge) + 8))
    of_node = {
        node: Slot(rank=ranks[node], breadth=breadths[node], node=node) for node in graph.nodes
    }
    count = len(of_node) + sum(ranks[edge.target] - ranks[edge.source] for edge in graph.edges)
    if count > _MOST_SLOTS:
        raise ConfigError(
            f"the net is too large to be drawn: its connections pass {count:,} ranks of layers",
            hint=f"a picture may have up to {_MOST_SLOTS:,}; draw a part of the net, or one phase",
        )
    slots, chains = list(of_node.values()), []
    for edge in graph.edges:
        start, end = of_node[edge.source], of_node[edge.target]
        between = [Slot(rank=rank, breadth=4.0) for rank in range(start.rank + 1, end.rank)]
        chain = [start, *between, end]
        for lower, upper in zip(chain, chain[1:], strict=False):
            lower.after.append(upper)
            upper.before.append(lower)
        slots += between
        chains.append(chain)
    return slots, chains


def _place_across(rows: list[list[Slot]], sweeps: int) -> None:
    """Pull every slot towards those it is connected to, keeping order and distance in its row."""
    for row in rows:
        _settle(row, [0.0] * len(row), [1.0] * len(row))
    for sweep in range(sweeps):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            # The last sweeps weigh both sides.
            wanted = [_pull(slot, down, both=sweep >= sweeps - 4) for slot in row]
            _settle(row, wanted, [1.0] * len(row))
    _straighten(rows, 3 * sweeps)
    top = min((s.across - s.breadth / 2 for row in rows for s in row), default=0.0)
    for row in rows:
        for slot in row:
            slot.across += MARGIN - top


def _pull(slot: Slot, down: bool, both: bool = False) -> float:
    """Return the position that a slot's neighbours pull it to."""
    near = slot.before if down else slot.after
    if both or not near:
        near = slot.before + slot.after
    return sum(other.across for other in near) / len(near) if near else slot.across


def _straighten(rows: list[list[Slot]], sweeps: int) -> None:
    """Straighten unbranched chains, the longest ones first."""
    chain_of: dict[Slot, list[Slot]] = {}
    for row in rows:
        for slot in row:
            only = slot.before[0] if len(slot.before) == 1 else None
            chain = chain_of[only] if only is not None and len(only.after) == 1 else []
            chain.append(slot)
            chain_of[slot] = chain
    chains = {id(chain): chain for chain in chain_of.values()}
    for _ in range(sweeps):
        means = {key: sum(s.across for s in chain) / len(chain) for key, chain in chains.items()}
        for row in rows:
            wanted, weights = [], []
            for slot in row:
                chain = chain_of[slot]
                alone = len(chain) == 1
                wanted.append(_pull(slot, True, both=True) if alone else means[id(chain)])
                weights.append(4.0 ** min(len(chain), 8))
            _settle(row, wanted, weights)


def _settle(row: list[Slot], wanted: list[float], weights: list[float]) -> None:
    """Set the slots' positions as near to the wanted ones (least squares) as their spacing allows."""
    offsets, offset = [], 0.0
    for index, slot in enumerate(row):
        if index:
            offset += (row[index - 1].breadth + slot.breadth) / 2 + NODE_GAP
        offsets.append(offset)
    # With offsets removed, positions must not decrease: blocks that would are merged to their mean.
    blocks: list[tuple[float, float, int]] = []
    for place, weight, offset in zip(wanted, weights, offsets, strict=True):
        block = (place - offset, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, total, count = blocks.pop()
            together = total + block[1]
            block = ((mean * total + block[0] * block[1]) / together, together, count + block[2])
        blocks.append(block)
    settled = (mean for mean, _, count in blocks for _ in range(count))
    for slot, place, offset in zip(row, settled, offsets, strict=True):
        slot.across = place + offset


def _bands(graph: Graph, ranks: dict[Node, int], horizontal: bool) -> list[Band]:
    """Return the extent of each rank, with room for labels before the nodes they point at."""
    count = max(ranks.values(), default=-1) + 1
    depths, rooms = [0.0] * count, [0.0] * count
    for node, rank in ranks.items():
        depths[rank] = max(depths[rank], node.width if horizontal else node.height)
    for edge in graph.edges:
        if edge.label:
            room = label_width(edge) + _LABEL_ROOM if horizontal else LABEL_SIZE + 6
            rooms[ranks[edge.target]] = max(rooms[ranks[edge.target]], room)
    bands, start = [], MARGIN
    for depth, room in zip(depths, rooms, strict=True):
        bands.append(Band(start, start + room, start + room + depth))
        start += room + depth + RANK_GAP
    return bands


def _route(chain: list[Slot], bands: list[Band], horizontal: bool) -> list[tuple[float, float]]:
    """Return points in pairs: the edge runs straight within a pair and curves between pairs."""
    points = []
    for slot in chain:
        band = bands[slot.rank]
        low, high = band.low, band.high
        if slot.node is not None:
            half = (slot.node.width if horizontal else slot.node.height) / 2
            if slot is chain[0]:
                low = band.middle + half
            else:
                high = band.middle - half
        points += [(low, slot.across), (high, slot.across)]
    return points


def _turn(graph: Graph, rankdir: str, length: float) -> None:
    """Rotate the picture, laid out from left to right, to its direction."""

    def turned(along: float, across: float) -> tuple[float, float]:
        if rankdir in ("RL", "BT"):
            along = length - along
        return (along, across) if rankdir in ("LR", "RL") else (across, along)

    for node in graph.nodes:
        node.x, node.y = turned(node.x, node.y)
    for edge in graph.edges:
        edge.points = [turned(*point) for point in edge.points]
        sign = -1.0 if rankdir in ("RL", "BT") else 1.0
        edge.direction = (sign, 0.0) if rankdir in ("LR", "RL") else (0.0, sign)
