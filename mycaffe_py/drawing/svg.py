"""Rendering of a laid-out graph as SVG text."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .graph import Edge, Graph, Node
from .shapes import arrow_head, curves, label_place, outline, text_lines
from .sizes import FONT_SIZE, LABEL_SIZE

_FONTS = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"
_STYLE = f"""
  text {{ font-family: {_FONTS}; font-size: {FONT_SIZE:g}px; text-anchor: middle; fill: #111 }}
  .name {{ font-weight: bold }}
  .label {{ font-size: {LABEL_SIZE:g}px; fill: #444; paint-order: stroke; stroke: #fff; stroke-width: 4px }}
  .node {{ stroke: #333; stroke-width: 1 }}
  .edge {{ fill: none; stroke: #555; stroke-width: 1.3 }}
  .head {{ fill: #555 }}
"""


def to_svg(graph: Graph, width: float, height: float) -> str:
    """Return the picture as the text of an SVG file."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}">',
        f"<title>{escaped(graph.name or 'net')}</title>",
        f"<style>{_STYLE}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *(_edge(edge) for edge in graph.edges),
        *(_node(node) for node in graph.nodes),
        *(_label(edge) for edge in graph.edges if edge.label),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Return a text as XML can contain it: it does not allow control characters."""
    return escape("".join(c if c.isprintable() else "?" for c in text))


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _node(node: Node) -> str:
    body = f'<polygon class="node" fill="{node.fill}" points="{_points(outline(node))}"/>'
    for index, (line, x, y) in enumerate(text_lines(node)):
        bold = ' class="name"' if index == 0 and not node.is_blob else ""
        body += f'<text{bold} x="{x:.1f}" y="{y + FONT_SIZE * 0.36:.1f}">{escaped(line)}</text>'
    return body


def _edge(edge: Edge) -> str:
    start, *rest = curves(edge)
    path = f"M {_points(start)}" + "".join(
        f" {'C' if len(part) == 3 else 'L'} {_points(part)}" for part in rest
    )
    head = _points(arrow_head(edge))
    return f'<path class="edge" d="{path}"/><polygon class="head" points="{head}"/>'


def _label(edge: Edge) -> str:
    x, y, anchor = label_place(edge)
    return (
        f'<text class="label" x="{x:.1f}" y="{y:.1f}" style="text-anchor: {anchor}">'
        f"{escaped(edge.label)}</text>"
    )
