"""Plot of two curves drawn with characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text

from mycaffe_py.wording import counted

TARGET, PREDICTION, BOTH = "cyan", "yellow", "green"
_STYLES = {1: TARGET, 2: PREDICTION, 3: BOTH}
_ASCII = {1: ".", 2: "o", 3: "#"}
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


class Canvas:
    """Grid of ``columns`` by ``rows`` cells; a braille cell has 2 by 4 dots, an ASCII cell one."""

    def __init__(self, columns: int, rows: int, *, ascii_only: bool = False):
        self.columns, self.rows, self.ascii_only = columns, rows, ascii_only
        self._across, self._down = (1, 1) if ascii_only else (2, 4)
        self.width, self.height = columns * self._across, rows * self._down
        self._dots = [[0] * columns for _ in range(rows)]
        self._curves = [[0] * columns for _ in range(rows)]

    def _set(self, x: int, y: int, curve: int) -> None:
        column, row = x // self._across, y // self._down
        self._dots[row][column] |= _DOTS[y % self._down][x % self._across]
        self._curves[row][column] |= curve

    def line(
        self, values: Sequence[float], low: float, high: float, capacity: int, curve: int
    ) -> None:
        """Draw values from left to right; ``capacity`` values fill the width."""
        before: tuple[int, int] | None = None
        for index, value in enumerate(values):
            if not math.isfinite(value):
                before = None
                continue
            x = round(index * (self.width - 1) / max(1, capacity - 1))
            y = round((high - value) / (high - low) * (self.height - 1))
            here = (min(x, self.width - 1), min(max(y, 0), self.height - 1))
            self._join(before or here, here, curve)
            before = here

    def _join(self, start: tuple[int, int], end: tuple[int, int], curve: int) -> None:
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(steps + 1):
            x = start[0] + round((end[0] - start[0]) * step / steps)
            y = start[1] + round((end[1] - start[1]) * step / steps)
            self._set(x, y, curve)

    def row(self, index: int) -> Text:
        """Return one row of cells as text."""
        text = Text(no_wrap=True)
        for dots, curve in zip(self._dots[index], self._curves[index], strict=True):
            if not curve:
                text.append(" ")
            else:
                sign = _ASCII[curve] if self.ascii_only else chr(_BRAILLE + dots)
                text.append(sign, style=_STYLES[curve])
        return text


def bounds(*curves: Sequence[float]) -> tuple[float, float]:
    """Return the range of all finite values, never empty."""
    finite = [value for curve in curves for value in curve if math.isfinite(value)]
    if not finite:
        return -1.0, 1.0
    low, high = min(finite), max(finite)
    margin = (high - low) * 0.02 or max(abs(high), 1.0) * 0.1
    return low - margin, high + margin


def draw_curves(
    targets: Sequence[float],
    predictions: Sequence[float],
    *,
    columns: int,
    rows: int,
    capacity: int,
    ascii_only: bool = False,
) -> list[Text]:
    """Return lines of text with an axis, both curves and a legend."""
    low, high = bounds(targets, predictions)
    canvas = Canvas(columns, rows, ascii_only=ascii_only)
    canvas.line(targets, low, high, capacity, 1)
    canvas.line(predictions, low, high, capacity, 2)
    lines = _with_axis(canvas, f"{high:.3g}", f"{low:.3g}")
    return [*lines, _legend(len(targets), columns, ascii_only)]


def draw_loss(
    losses: Sequence[float], *, columns: int, rows: int, ascii_only: bool = False
) -> list[Text]:
    """Return lines of text with the course of the loss over the width, and a line about it.

    The scale is logarithmic if every loss that is finite is above 0.
    """
    finite = [loss for loss in losses if math.isfinite(loss)]
    logarithmic = bool(finite) and min(finite) > 0
    values = [math.log10(loss) if logarithmic and math.isfinite(loss) else loss for loss in losses]
    low, high = bounds(values)
    canvas = Canvas(columns, rows, ascii_only=ascii_only)
    canvas.line(values, low, high, len(values), 1)
    labels = [10**value if logarithmic else value for value in (high, low)]
    lines = _with_axis(canvas, *(f"{value:.3g}" for value in labels))
    scale = ", logarithmic" if logarithmic else ""
    about = Text(" " * 10, no_wrap=True).append("loss", style=TARGET)
    return [*lines, about.append(f"   since the start{scale}", style="dim")]


def _with_axis(canvas: Canvas, highest: str, lowest: str) -> list[Text]:
    bar = "|" if canvas.ascii_only else "│"
    lines = []
    for index in range(canvas.rows):
        label = {0: highest, canvas.rows - 1: lowest}.get(index, "")
        lines.append(Text(f"{label:>8} {bar}", style="dim", no_wrap=True) + canvas.row(index))
    return lines


def _legend(points: int, columns: int, ascii_only: bool) -> Text:
    signs = _ASCII if ascii_only else dict.fromkeys((1, 2, 3), "━━")
    text = Text(" " * 10, no_wrap=True)
    for curve, name in ((1, "target"), (2, "prediction"), (3, "both")):
        entry = Text(f"{signs[curve]} ", style=_STYLES[curve]) + Text(f"{name}   ", style="default")
        if len(text) + len(entry.plain.rstrip()) > columns + 10:
            return text
        text += entry
    span = f"last {counted(points, 'update')}"
    return text.append(span, style="dim") if len(text) + len(span) <= columns + 10 else text
