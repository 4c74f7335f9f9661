"""Charts of runs as SVG text, drawn by matplotlib in the colours of a run's pictures."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.drawing import style
from mycaffe_py.errors import require

Values = Sequence["float | None"]

SIZE = (7.2, 2.6)
_DASHES = ("-", "--", "-.", ":")


@dataclass
class Line:
    """One line of a chart; None in ``y`` is a gap. ``low`` and ``high`` are the extent of each block, drawn faintly.

    ``loose``: points without a line.
    """

    label: str
    x: Sequence[float]
    y: Values
    colour: str = style.BLUE
    dash: str = "-"
    width: float = 1.5
    alpha: float = 1.0
    marked: bool = False
    loose: bool = False
    low: Values | None = None
    high: Values | None = None


@dataclass
class Chart:
    """A chart of lines over one axis; ``band`` is the half height of a tolerance around zero.

    ``dates``: x is in days since 1970.
    """

    lines: list[Line] = field(default_factory=list)
    x_label: str = "update"
    log: bool = False
    limits: tuple[float, float] | None = None
    band: float | None = None
    height: float = SIZE[1]
    dates: bool = False


def line_style(index: int) -> tuple[str, str]:
    """Return the colour and the dash of line number ``index``: from the third on, colours alone do not suffice."""
    return style.COLOURS[index % len(style.COLOURS)], _DASHES[(index // 2) % len(_DASHES)]


def to_svg(chart: Chart) -> str:
    """Return the chart as an ``<svg>`` element to put into a page; needs the extra ``plot``."""
    figure_module = require("matplotlib.figure", "plot")
    import matplotlib

    figure = figure_module.Figure(figsize=(SIZE[0], chart.height), layout="constrained")
    axes = figure.subplots()
    for line in chart.lines:
        _draw(axes, line, style.dates_from() if chart.dates else 0.0)
    if chart.band:
        axes.axhspan(-chart.band, chart.band, color=style.TOLERANCE, alpha=0.12, linewidth=0)
    if chart.log and any(_positive(line.y) for line in chart.lines):
        axes.set_yscale("log")
    if chart.limits:
        axes.set_ylim(*chart.limits)
    if chart.dates:
        style.short_dates(axes)
    style.plain(axes)
    axes.set_xlabel(_plain(chart.x_label))
    if len(chart.lines) > 1 or any(line.label for line in chart.lines):
        style.legend_above(axes)
    buffer = io.StringIO()
    # Text stays text, so that it can be selected and searched; the same chart gives the same file.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "mycaffe"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _element(buffer.getvalue())


def _draw(axes: Any, line: Line, offset: float) -> None:
    y = [math.nan if value is None else value for value in line.y]
    x = [math.nan if value is None else value + offset for value in line.x]
    marked = line.marked or line.loose or len(y) <= style.SHORT
    axes.plot(
        x, y, "" if line.loose else line.dash, color=line.colour, linewidth=line.width, alpha=line.alpha,
        label=_plain(line.label) or "_", marker="o" if marked else None,
        markersize=2 + line.width if line.loose else 3, markeredgewidth=0 if line.loose else None,
    )  # fmt: skip
    if line.low is not None and line.high is not None:
        low, high = (
            [math.nan if value is None else value for value in edge]
            for edge in (line.low, line.high)
        )
        axes.fill_between(x, low, high, color=line.colour, alpha=0.18, linewidth=0)


def _plain(text: str) -> str:
    """Return a text that is drawn as it is: matplotlib takes what is between two dollar signs for a formula."""
    return text.replace("$", r"\$")


def _positive(values: Values) -> bool:
    return any(value is not None and value > 0 for value in values)


def _element(text: str) -> str:
    """Return the <svg> element of an SVG file with a width that follows the page."""
    start = text.index("<svg")
    element = text[start:].rstrip()
    head, _, rest = element.partition(">")
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} class="chart" role="img">{rest}'


def block_lines(curves: Mapping[str, Any], name: str, label: str, index: int) -> Line:
    """Return the line of one figure from ``RunFollower.curves``: block means, with their extent."""
    colour, dash = line_style(index)
    blocks = curves[name]
    whole = curves["block"] > 1
    return Line(
        label, curves["iteration"], blocks["mean"], colour, dash,
        low=blocks["min"] if whole else None, high=blocks["max"] if whole else None,
    )  # fmt: skip
