"""Sizes of text and boxes, without a font: widths of DejaVu Sans, which few fonts exceed."""

from __future__ import annotations

from .graph import Edge, Node

FONT_SIZE = 13.0
LABEL_SIZE = 11.0
LINE_HEIGHT = 16.0
PADDING = 9.0
CORNER = 9.0
"""How much an octagon's corners are cut."""

_BOLD = 1.18
_WIDTHS = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63,
    63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
]  # fmt: skip
"""Widths of the characters from space to ~, in hundredths of the font size."""


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the approximate width of a text, erring on the large side."""
    hundredths = sum(_WIDTHS[ord(c) - 32] if " " <= c <= "~" else 105 for c in text)
    return hundredths / 100 * size * (_BOLD if bold else 1)


def measure(node: Node) -> None:
    """Set the size of a node from its lines; the first one of a layer is bold."""
    widths = [
        text_width(line, FONT_SIZE, bold=index == 0 and not node.is_blob)
        for index, line in enumerate(node.lines)
    ]
    node.width = max(widths) + 2 * PADDING + (CORNER if node.is_blob else 0)
    node.height = len(node.lines) * LINE_HEIGHT + 2 * PADDING - 4


def label_width(edge: Edge) -> float:
    """Return the width of an edge's label, 0 if it has none."""
    return text_width(edge.label, LABEL_SIZE) if edge.label else 0.0
