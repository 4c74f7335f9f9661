"""Rendering of a laid-out graph as PNG, PDF or JPEG by matplotlib (the extra ``plot``)."""

from __future__ import annotations

import io
from typing import Any

from mycaffe_py.errors import require

from .graph import Graph
from .shapes import arrow_head, curves, label_place, outline, text_lines
from .sizes import FONT_SIZE, LABEL_SIZE

_POINTS_PER_INCH = 72
_DPI = 110
_LARGEST_SIDE = 30000
"""Limit in pixels of matplotlib and of programs that show pictures."""

_ANCHORS = {"start": "left", "end": "right"}


def to_picture(graph: Graph, width: float, height: float, form: str) -> bytes:
    """Return the picture in a format that matplotlib writes, such as ``png`` or ``pdf``."""
    figure_module = require("matplotlib.figure", "plot")
    size = (width / _POINTS_PER_INCH, height / _POINTS_PER_INCH)
    figure = figure_module.Figure(figsize=size)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    _draw(axes, graph)
    buffer = io.BytesIO()
    dpi = min(_DPI, _LARGEST_SIDE / max(size))
    figure.savefig(buffer, format=form, dpi=dpi, facecolor="white")
    return buffer.getvalue()


def _draw(axes: Any, graph: Graph) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    for edge in graph.edges:
        points: list[Any] = []
        codes: list[Any] = []
        for part in curves(edge):
            code = Path.CURVE4 if len(part) == 3 else Path.LINETO
            points += part
            codes += [code] * len(part) if codes else [Path.MOVETO]
        axes.add_patch(PathPatch(Path(points, codes), fill=False, edgecolor="#555", linewidth=1.2))
        axes.add_patch(Polygon(arrow_head(edge), facecolor="#555", linewidth=0))
    for node in graph.nodes:
        axes.add_patch(
            Polygon(outline(node), facecolor=node.fill, edgecolor="#333", linewidth=0.9, zorder=3)
        )
        for index, (line, x, y) in enumerate(text_lines(node)):
            weight = "bold" if index == 0 and not node.is_blob else "normal"
            _write(axes, x, y, line, FONT_SIZE, ha="center", va="center_baseline", weight=weight)
    for edge in graph.edges:
        if edge.label:
            x, y, anchor = label_place(edge)
            box = {"facecolor": "white", "linewidth": 0, "pad": 0.5, "alpha": 0.85}
            _write(
                axes, x, y, edge.label, LABEL_SIZE,
                ha=_ANCHORS[anchor], va="baseline", color="#444", bbox=box, zorder=2.5,
            )  # fmt: skip


def _write(axes: Any, x: float, y: float, text: str, size: float, **style: Any) -> None:
    # A name is not a formula, whatever it contains.
    options = {"zorder": 4, "parse_math": False, "fontfamily": "DejaVu Sans"} | style
    axes.text(x, y, text, fontsize=size, **options)
