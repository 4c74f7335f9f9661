"""Implementation of ``mycaffe runs``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mycaffe_py.errors import MissingFileError
from mycaffe_py.events.metric_text import number
from mycaffe_py.run.directory import numbered_folders
from mycaffe_py.run.settling import settle
from mycaffe_py.run.summary import by_start, runs_in, summarize
from mycaffe_py.weights.nearby import runs_hint

_SHOWN = ("loss", "accuracy", "mean_abs_error")
_TITLES = ("run", "state", "updates", "started", "figures", "best")


def summaries(name: str) -> list[dict[str, Any]]:
    """Return the summaries of the runs in a folder, the newest first; MissingFileError if there is no such folder.

    Those whose process was killed are settled before: see :func:`settle`.
    """
    folder = Path(os.path.expanduser(name))
    if not os.path.isdir(folder):
        hint = "runs are made here by mycaffe train" if name == "runs" else runs_hint(folder)
        raise MissingFileError(f"there is no folder {folder}", hint=hint)
    try:
        runs = _runs_below(folder)
        for run in runs:
            settle(run)
        return [found for run in runs if (found := summarize(run))]
    except OSError as error:
        reason = error.strerror or error
        raise MissingFileError(f"folder {folder} cannot be read: {reason}") from error


def _runs_below(folder: Path) -> list[Path]:
    """Return the runs of ``folder``: itself, those of a net, of all nets, or of a project."""
    if summarize(folder):
        return [folder]
    return by_start(numbered_folders(folder)) or runs_in(folder) or runs_in(folder / "runs")


def lines(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of runs as lines of text."""
    if not found:
        yield "no runs"
        return
    rows = [_TITLES, *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    best = run["best"] or {}
    best = best if best.get("value") is not None else {}
    planned = run["max_iter"]
    return (
        run["id"],
        run["state"] or "unknown",
        f"{run['iteration']:,}" + (f"/{planned:,}" if planned else ""),
        _local(run["started"]),
        "  ".join(f"{name} {number(value)}" for name, value in _figures(run["figures"])) or "-",
        f"{best['metric']} {number(best['value'])} at {best['iteration']:,}" if best else "-",
    )


def _figures(figures: dict[str, Any]) -> list[tuple[str, float]]:
    """Return the figures that a table has room for: of tests if there are any, else of training."""
    tests = {name: value for name, value in figures.items() if name.startswith("test ")}
    shown = list(tests.items())[:2] if tests else [(n, figures.get(n)) for n in _SHOWN]
    return [(name, value) for name, value in shown if value is not None]


def _local(moment: str | None) -> str:
    """Return a time of run.json in the local time zone, to the minute."""
    if not moment:
        return "-"
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
