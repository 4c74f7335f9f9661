"""The text of a report's tables: cells, aligned columns, and blocks of columns that fit into a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Cell = str | float | int | None

GAP = "  "
_LARGE, _LARGEST = 1e4, 1e15
"""Between these, four significant digits would need an exponent, which is hard to read: all digits are shown."""


def shown(cell: Cell) -> str:
    """Return a cell's text: a float with four significant digits, None as a dash."""
    if cell is None:
        return "-"
    if not isinstance(cell, float):
        return " ".join(str(cell).split())  # a line's end would break the table
    return f"{cell:.0f}" if _LARGE <= abs(cell) < _LARGEST else f"{cell:.4g}"


def whole(cell: Cell) -> str:
    """Return a cell's text with all digits."""
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


def aligned(texts: Sequence[str], right: bool) -> list[str]:
    """Return texts of the same width; with numbers at the right, and their marks outside."""
    if right and any(text.endswith("*") for text in texts[1:]):
        texts = [text if text.endswith("*") else f"{text} " for text in texts]
    width = max(map(len, texts))
    return [text.rjust(width) if right else text.ljust(width) for text in texts]


def blocks(columns: Sequence[list[str]], width: int) -> Iterator[list[list[str]]]:
    """Yield the columns in blocks that fit into a width, each with the first column."""
    first, *others = columns
    block, taken = [first], len(first[0])
    for column in others:
        wide = len(GAP) + len(column[0])
        if len(block) > 1 and taken + wide > width:
            yield block
            block, taken = [first], len(first[0])
        block.append(column)
        taken += wide
    yield block
