"""The outlines, curves and text positions of a laid-out graph, independent of the output format."""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Edge, Node
from .sizes import CORNER, LINE_HEIGHT

Point = tuple[float, float]

_HEAD_LENGTH, _HEAD_WIDTH = 8.0, 7.0


def outline(node: Node) -> list[Point]:
    """Return the corners of a node: four for a layer, eight for a blob."""
    right, bottom = node.width / 2, node.height / 2
    cut = CORNER if node.is_blob else 0.0
    corners = [
        (-right, -bottom + cut), (-right + cut, -bottom), (right - cut, -bottom), (right, -bottom + cut),
        (right, bottom - cut), (right - cut, bottom), (-right + cut, bottom), (-right, bottom - cut),
    ]  # fmt: skip
    return [(node.x + x, node.y + y) for x, y in (corners if cut else corners[::2])]


def text_lines(node: Node) -> Iterator[tuple[str, float, float]]:
    """Yield each line of a node's text with the position of its centre."""
    first = node.y - (len(node.lines) - 1) / 2 * LINE_HEIGHT
    for index, line in enumerate(node.lines):
        yield line, node.x, first + index * LINE_HEIGHT


def curves(edge: Edge) -> Iterator[list[Point]]:
    """Yield the edge's start, then what follows: one point for a line, three for a cubic curve.

    It ends where the arrow head begins.
    """
    points = _to_head(edge)
    yield points[:1]
    for index in range(1, len(points)):
        last, point = points[index - 1], points[index]
        if index % 2 or last == point:
            yield [point]
            continue
        (dx, dy), half = edge.direction, abs(_along(edge, point) - _along(edge, last)) / 2
        yield [
            (last[0] + dx * half, last[1] + dy * half),
            (point[0] - dx * half, point[1] - dy * half),
            point,
        ]


def _to_head(edge: Edge) -> list[Point]:
    (x, y), (dx, dy) = edge.points[-1], edge.direction
    end = (x - dx * _HEAD_LENGTH, y - dy * _HEAD_LENGTH)
    before = edge.points[-2] if _along(edge, edge.points[-2]) < _along(edge, end) else end
    return [*edge.points[:-2], before, end]


def _along(edge: Edge, point: Point) -> float:
    """Return a point's coordinate along the direction of flow."""
    return point[0] * edge.direction[0] + point[1] * edge.direction[1]


def arrow_head(edge: Edge) -> list[Point]:
    """Return the corners of the arrow head."""
    (x, y), (dx, dy) = edge.points[-1], edge.direction
    back, side = (x - dx * _HEAD_LENGTH, y - dy * _HEAD_LENGTH), _HEAD_WIDTH / 2
    return [
        (x, y),
        (back[0] + dy * side, back[1] + dx * side),
        (back[0] - dy * side, back[1] - dx * side),
    ]


def label_place(edge: Edge) -> tuple[float, float, str]:
    """Return the position of the edge's label, beside the arrow head: x, baseline y, and SVG's text-anchor."""
    (x, y), (dx, dy) = edge.points[-1], edge.direction
    if dx:
        return x - dx * 10, y - 5, "end" if dx > 0 else "start"
    return x + 7, y - 8 if dy > 0 else y + 14, "start"
