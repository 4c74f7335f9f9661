"""The pictures curve.png and loss.png, drawn when a run ends."""

from __future__ import annotations

import io
import math
import os
import re
import statistics
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from mycaffe_py.drawing import style
from mycaffe_py.errors import MissingExtraError, require
from mycaffe_py.events.output_names import blob_of
from mycaffe_py.weights.atomic import atomic_write

from .best import is_accuracy
from .metrics import Points, read_columns, read_tests
from .sample_picture import draw_samples, read_samples

_MOST_TESTS = 24
"""A legend of more names leaves no room for the curves."""
_COLUMNS = ("iteration", "loss", "accuracy", "baseline_accuracy")


def draw_pictures(
    folder: Path,
    trainer: Any,
    warn: Callable[[str], None],
    best: dict[str, Any] | None = None,
    shares: Collection[str] = (),
) -> list[Path]:
    """Draw the run's pictures and return their paths; failures are only warnings. ``shares``: see draw_losses."""
    try:
        figure_module = require("matplotlib.figure", "plot")
    except MissingExtraError:
        warn('no pictures: matplotlib is not installed; pip install "mycaffe-py[plot]"')
        return []
    except Exception as error:  # broken, or interrupted by Ctrl-C, it may raise anything
        warn(f"no pictures: matplotlib cannot be imported: {type(error).__name__}: {error}")
        return []
    drawings: dict[str, Callable[[Any], bool]] = {}
    if trainer is not None:
        drawings["curve.png"] = lambda figure: draw_curve(figure, trainer, folder)
    drawings["loss.png"] = lambda figure: draw_losses(figure, folder, best, shares)
    written = []
    for name, draw in drawings.items():
        try:
            figure = figure_module.Figure(figsize=(9, 5), layout="constrained")
            if draw(figure):
                save_figure(figure, folder / name)
                written.append(folder / name)
        except Exception as error:
            warn(f"{name} could not be drawn: {type(error).__name__}: {error}")
    return written


def draw_curve(figure: Any, trainer: Any, folder: Path) -> bool:
    """Draw the trainer's own picture, or else target, prediction and error of its samples; False if it has neither."""
    if trainer.draw(figure) and not _is_blank(figure):
        return True
    samples = read_samples(folder)
    if samples is None:
        return False
    figure.clear()
    draw_samples(figure, samples)
    return True


def _is_blank(figure: Any) -> bool:
    return len(figure.get_children()) <= 1  # its background


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure as PNG, atomically."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    atomic_write(path, buffer.getvalue())


def draw_losses(
    figure: Any,
    folder: Path,
    best: dict[str, Any] | None = None,
    shares: Collection[str] = (),
) -> bool:
    """Draw losses and accuracies over the updates, of training and of tests; False if there were no updates.

    They come from the folder's metrics.csv and tests.jsonl. ``shares`` names figures of tests of which more is better,
    as of accuracies; those of their classes go with them.
    """
    csv_path = folder / "metrics.csv"
    if not os.path.isfile(csv_path):
        return False
    columns = read_columns(csv_path, _COLUMNS)
    if not columns["iteration"]:
        return False
    tests = read_tests(folder / "tests.jsonl")
    accuracies = {
        name: points
        for name, points in tests.items()
        if is_accuracy(name) or _is_share(name, shares)
    }
    trained = any(map(math.isfinite, columns["accuracy"]))
    rows = 2 if trained or accuracies else 1
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    _draw_loss(axes[0], columns)
    _draw_tests(axes[0], {name: tests[name] for name in tests if name not in accuracies})
    if rows > 1:
        _draw_accuracy(axes[1], columns if trained else None, accuracies)
    if best is not None:
        for axis in axes:
            axis.axvline(best["iteration"], color=style.GREEN, linestyle=":", linewidth=1)
        axes[0].plot([], [], color=style.GREEN, linestyle=":", label=_best_label(best))
    style.legend_above(axes[0])
    axes[-1].set_xlabel("iteration")
    return True


def _is_share(name: str, shares: Collection[str]) -> bool:
    """Whether a test's figure is one of ``shares``, another element of its output, or that of a class."""
    return any(
        re.match(rf"test {re.escape(blob_of(share, ()))}(_class\d+|\[\d+\])?( \(#\d+\))?\Z", name)
        for share in shares
    )


def _draw_tests(axis: Any, tests: Mapping[str, Points]) -> None:
    for index, (name, (iterations, values)) in enumerate(list(tests.items())[:_MOST_TESTS]):
        color = style.COLOURS[(index + 1) % len(style.COLOURS)]  # the first is that of training
        axis.plot(iterations, values, "o-", markersize=3, linewidth=1, color=color, label=name)
    if len(tests) > _MOST_TESTS:
        axis.plot([], [], " ", label=f"and {len(tests) - _MOST_TESTS:,} more, in tests.jsonl")


def _best_label(best: dict[str, Any]) -> str:
    return f"best weights: {best['metric']} {best['value']:.4g} at {best['iteration']}"


def _draw_loss(axis: Any, columns: dict[str, list[float]]) -> None:
    # Zero has no logarithm; a gap says as much as a point at minus infinity.
    losses = [loss if loss > 0 else math.nan for loss in columns["loss"]]
    axis.plot(columns["iteration"], losses, linewidth=0.6, alpha=0.5, color=style.BLUE)
    middles, means = _block_means(columns["iteration"], losses)
    axis.plot(middles, means, color=style.BLUE, label="loss (mean of each stretch)")
    if means:
        axis.set_yscale("log")
        lowest = min(means)
        at = middles[means.index(lowest)]
        axis.plot(
            [at], [lowest], "o", color=style.VERMILION, label=f"lowest {lowest:.3g} at {at:.0f}"
        )
    axis.set_ylabel("loss")
    style.plain(axis)


def _draw_accuracy(
    axis: Any, columns: dict[str, list[float]] | None, tests: Mapping[str, Points]
) -> None:
    if columns is not None:
        axis.plot(columns["iteration"], columns["accuracy"], color=style.BLUE, label="accuracy")
        if any(map(math.isfinite, columns["baseline_accuracy"])):
            axis.plot(
                columns["iteration"],
                columns["baseline_accuracy"],
                color=style.GREY,
                linestyle="--",
                label="baseline: repeat the last target",
            )
    _draw_tests(axis, tests)
    axis.set_ylabel("accuracy")
    highest = [max(filter(math.isfinite, values), default=0.0) for _, values in tests.values()]
    axis.set_ylim(0, 1.02 * max([1.0, *highest]))
    style.plain(axis)
    style.legend_above(axis)


def _block_means(
    iterations: list[float], values: list[float], blocks: int = 200
) -> tuple[list[float], list[float]]:
    """Return the middle and the mean of each of about ``blocks`` equal parts; gaps are skipped."""
    size = max(1, len(values) // blocks)
    middles, means = [], []
    for start in range(0, len(values), size):
        part = [value for value in values[start : start + size] if math.isfinite(value)]
        if part:
            middles.append(statistics.fmean(iterations[start : start + size]))
            means.append(statistics.fmean(part))
    return middles, means
