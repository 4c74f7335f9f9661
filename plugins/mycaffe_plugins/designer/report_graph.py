"""The graph of a net as an ``<svg>`` element, with the cards of the Model Editor."""

from __future__ import annotations

from typing import Any

from .escaping import escape

_PAD = 12.0
_COLOURS = {
    "data": "#5d6b80", "liquid": "#00796b", "conv": "#b3402f", "dense": "#7448b0", "norm": "#2f6db3",
    "pool": "#96640a", "loss": "#a13c70", "activation": "#56703a",
}  # fmt: skip
_OTHER = "#5d6b80"


def graph_svg(graph: dict[str, Any]) -> str:
    """Return the picture of a card graph, given as the JSON that the page draws."""
    width, height = graph["w"] + 2 * _PAD, graph["h"] + 2 * _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="net" role="img" aria-label="The net\'s layers" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="{-_PAD} {-_PAD} {width:.1f} {height:.1f}">'
    ]
    parts += [f'<path class="wire" d="{escape(wire["d"])}"/>' for wire in graph["wires"]]
    parts += [_label(wire) for wire in graph["wires"] if wire["label"]]
    parts += map(_card, graph["cards"])
    return "".join([*parts, "</svg>"])


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _label(wire: dict[str, Any]) -> str:
    label = wire["label"]
    text = _text("blob", label["x"], label["y"], label["text"], label["anchor"])
    if wire["shape"]:
        text += _text("shape", label["x"], label["shape_y"], wire["shape"], label["anchor"])
    return text


def _card(card: dict[str, Any]) -> str:
    x, y, width, height = card["x"], card["y"], card["w"], card["h"]
    colour = _COLOURS.get(card["group"], _OTHER)
    parts = [
        f'<rect class="card" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="10"/>',
        f'<rect x="{x + 9:.1f}" y="{y + 11:.1f}" width="4" height="{height - 22:.1f}" rx="2" fill="{colour}"/>',
        _text("name", x + 24, y + 26, card["title"]),
        _text("type", x + 24, y + 45, card["subtitle"]),
    ]
    for index, line in enumerate(card["lines"]):
        parts.append(_text("line", x + 24, y + 63 + 16 * index, line))
    if card["phase"]:
        parts.append(_text("phase", x + width - 14, y + 25, card["phase"], "end"))
    for chip in card["chips"]:
        parts.append(
            f'<rect class="chip" x="{chip["x"]:.1f}" y="{chip["y"]:.1f}" width="{chip["w"]:.1f}" '
            f'height="{chip["h"]:.1f}" rx="{chip["h"] / 2:.1f}"/>'
        )
        middle = chip["x"] + chip["w"] / 2
        parts.append(_text("chip", middle, chip["y"] + 13.5, chip["text"], "middle"))
    for port in (*card["ports"]["in"], *card["ports"]["out"]):
        parts.append(f'<circle class="port" cx="{port["x"]:.1f}" cy="{port["y"]:.1f}" r="4"/>')
    return "".join(parts)
