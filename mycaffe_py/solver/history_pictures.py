"""A history as curves: SVG without matplotlib, and a figure with it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

from mycaffe_py.errors import ConfigError, OutputError, require

Points = tuple[list[int], list[float]]


def svg(history: Any, names: Sequence[str] | None) -> str:
    """Return the curves of some columns (None: the losses) as SVG."""
    from mycaffe_py.drawing.line_chart import line_chart

    return line_chart(_curves(history, names), "history")


def plot(history: Any, path: str | os.PathLike[str] | None, names: Sequence[str] | None) -> Any:
    """Return the curves as a matplotlib Figure; see :meth:`History.plot`."""
    figure = require("matplotlib.figure", "plot").Figure(figsize=(8, 4.5), layout="constrained")
    from mycaffe_py.drawing import style

    axes = figure.subplots()
    curves = _curves(history, names)
    for index, (name, (x, y)) in enumerate(curves.items()):
        marks = "o-" if len(x) < style.SHORT or name not in history else "-"
        colour = style.COLOURS[index % len(style.COLOURS)]
        axes.plot(x, y, marks, color=colour, markersize=3, label=name.lstrip("_"))
    values = [y for _, ys in curves.values() for y in ys if math.isfinite(y)]
    if values and min(values) > 0 and max(values) >= 100 * min(values):
        axes.set_yscale("log")
    axes.set_xlabel("iteration")
    style.plain(axes)
    if curves:
        style.legend_above(axes)
        for text in axes.get_legend().get_texts():
            text.set_parse_math(False)
    if path is not None:
        try:
            figure.savefig(path)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
        except (ValueError, TypeError) as error:  # a format that matplotlib does not have
            raise OutputError(f"cannot write {path}: {error}") from error
    return figure


def _curves(history: Any, names: Sequence[str] | None) -> dict[str, Any]:
    """Return name -> (iterations, values) of some columns, or of all losses."""
    if names is not None and not isinstance(names, str | Iterable):
        raise ConfigError(f"names takes a column or a list of columns, not {names!r:.80}")
    chosen = ["loss"] if names is None else [names] if isinstance(names, str) else list(names)
    curves: dict[str, Any] = {
        name: (history["iteration"], history[name])
        for name in chosen
        if names is not None or name in history
    }
    if names is None:
        curves |= {name: points for name, points in _further(history).items() if "loss" in name}
    return curves


def _further(history: Any) -> dict[str, Points]:
    """Return what was measured on other data: tests, and the validations of epochs."""
    found = dict(history.tests)
    for epoch in history.epochs:
        for name, value in epoch.items():
            if name.startswith("validation "):
                iterations, values = found.setdefault(name, ([], []))
                iterations.append(int(epoch["iteration"]))
                values.append(value)
    return found
