"""The graph of a net: boxes for layers, octagons for blobs, and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.layer.state_rules import is_included
from mycaffe_py.visible import visible_line

from .labels import edge_label, layer_lines

NOT_BUILT = "Python layer, not built"
"""What is said of a layer that is not built, since that would run code which the model names."""

BLOB_FILL = "#E0E0E0"
IN_PLACE_FILL = "#90EE90"
LAYER_FILL = "#6495ED"
FILLS = {
    "Convolution": "#FF5050",
    "Deconvolution": "#FF5050",
    "InnerProduct": "#CC33FF",
    "Pooling": "#FF9900",
}


@dataclass(eq=False)
class Node:
    """A layer or a blob; the layout sets the position of its centre."""

    lines: list[str]
    fill: str
    is_blob: bool = False
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(eq=False)
class Edge:
    """An arrow between two nodes; the layout sets the points and the direction of flow."""

    source: Node
    target: Node
    label: str = ""
    points: list[tuple[float, float]] = field(default_factory=list)
    direction: tuple[float, float] = (1.0, 0.0)


@dataclass
class Graph:
    """All nodes in file order, and the edges between them."""

    name: str = ""
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


Shapes = Mapping[tuple[int, str], tuple[int, ...]]
"""(position of a layer in the net, name of its top) -> shape."""


class _Builder:
    def __init__(
        self,
        net: Any,
        rankdir: str,
        shapes: Shapes,
        notes: Mapping[int, str],
        display_lrm: bool,
        labelled: bool,
    ):
        self.notes = notes
        self.graph = Graph(net.name)
        self.rankdir, self.shapes = rankdir, shapes
        self.display_lrm, self.labelled = display_lrm, labelled
        self.blobs: dict[str, Node] = {}

    def add_layer(self, index: int, layer: Any) -> None:
        in_place = set(layer.bottom) & set(layer.top)
        neuron = list(layer.bottom) == list(layer.top) and len(layer.top) == 1
        lines = layer_lines(layer, self.rankdir, self.display_lrm)
        lines += [self.notes[index]] if index in self.notes else []
        node = self._node(
            Node(lines, IN_PLACE_FILL if neuron else FILLS.get(layer.type, LAYER_FILL))
        )
        for name in dict.fromkeys(layer.bottom):
            if name not in in_place:
                self._connect(self._blob(name), node)
        for name in dict.fromkeys(layer.top):
            label = self._label(index, name)
            if name in in_place:
                self._write_in_place(name, node, label)
            else:
                self._write(name, node, label if label is not None else edge_label(layer))

    def _node(self, node: Node) -> Node:
        node.lines = [visible_line(line) for line in node.lines]
        self.graph.nodes.append(node)
        return node

    def _connect(self, source: Node, target: Node, label: str = "") -> None:
        self.graph.edges.append(Edge(source, target, label if self.labelled else ""))

    def _blob(self, name: str) -> Node:
        if name not in self.blobs:
            self.blobs[name] = self._node(Node([name], BLOB_FILL, is_blob=True))
        return self.blobs[name]

    def _write(self, name: str, node: Node, label: str) -> None:
        """Connect a layer to a blob it writes; layers of different phases may write the same one."""
        if name in self.blobs and self._reaches(self.blobs[name], node):
            del self.blobs[name]  # a new version computed from the old one
        blob = self._blob(name)
        for other in self.graph.edges:
            if other.target is blob and other.label and label:
                # Both share one position: before the blob.
                other.label += "" if label in other.label.split(" or ") else f" or {label}"
                label = ""
        self._connect(node, blob, label)

    def _write_in_place(self, name: str, node: Node, label: str | None) -> None:
        """Put a layer that works in place between a blob and the layers that made it, if nothing has read it yet."""
        blob = self._blob(name)
        if any(edge.source is blob for edge in self.graph.edges):
            self._connect(blob, node)
            del self.blobs[name]
        for edge in self.graph.edges:
            if edge.target is blob and name in self.blobs:
                label = edge.label if label is None else label
                edge.target, edge.label = node, ""
        self._connect(node, self._blob(name), label or "")

    def _reaches(self, start: Node, goal: Node) -> bool:
        found, waiting = {start}, [start]
        while waiting:
            node = waiting.pop()
            after = {edge.target for edge in self.graph.edges if edge.source is node} - found
            found |= after
            waiting += after
        return goal in found

    def _label(self, index: int, top: str) -> str | None:
        """Return the shape of a top as text, or None if it is not known."""
        shape = self.shapes.get((index, top))
        return None if shape is None else " x ".join(map(str, shape)) or "scalar"


def build_graph(
    net: Any,
    rankdir: str = "LR",
    *,
    phase: int | None = None,
    display_lrm: bool = False,
    shapes: Shapes | None = None,
    notes: Mapping[int, str] | None = None,
    label_edges: bool = True,
) -> Graph:
    """Return the graph of a NetParameter, with its layers of one phase or with all layers.

    Layers that work in place are put between the layer that made their blob and the blob. ``notes``: position of a
    layer -> a further line in its box.
    """
    builder = _Builder(net, rankdir, shapes or {}, notes or {}, display_lrm, label_edges)
    for index, layer in enumerate(net.layer):
        if belongs(net, layer, phase):
            builder.add_layer(index, layer)
    return builder.graph


def belongs(net: Any, layer: Any, phase: int | None) -> bool:
    """Whether a layer is part of a net in a phase, at the level and with the stages of the net's own state."""
    if phase is None:
        return True
    state = type(net.state)()
    state.CopyFrom(net.state)
    state.phase = phase
    return is_included(layer, state)
