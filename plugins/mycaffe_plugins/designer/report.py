"""A report of runs: one HTML file with curves, net, settings, figures and environment."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mycaffe_py.drawing import style
from mycaffe_py.errors import MissingFileError
from mycaffe_py.run import RunFollower, scattered, summarize
from mycaffe_py.weights import runs_hint
from mycaffe_py.wording import counted

from .compare import compare
from .escaping import escape
from .look import look
from .report_charts import Chart, Line, block_lines, line_style, to_svg
from .report_graph import graph_svg
from .report_of_trainer import report_tables
from .report_page import facts, figure, folded, page, section, table, text_block
from .training import as_pasted

MOST_LIVE = 500
"""Samples in the picture of the gym."""

_MOST_ROWS = 1000
_MOST_CHARTS = 60
_LARGEST_PICTURE = 2_000_000
_DRAWN_HERE = ("curve.png", "loss.png", "live_frame.png")
_FIRST = ("loss", "accuracy", "mean_abs_error")
_BESIDE = {"accuracy": "baseline_accuracy", "mean_abs_error": "baseline_mean_abs_error"}
_TITLES = {
    "loss": "Loss",
    "accuracy": "Accuracy",
    "mean_abs_error": "Mean absolute error",
    "abs_error": "Absolute error",
    "validation_error": "Validation error",
    "lr": "Learning rate",
}


class _Run:
    def __init__(self, folder: Path):
        self.folder, self.summary = folder, summarize(folder)
        if not self.summary:
            raise MissingFileError(
                f"{folder} is not a run folder: it has no run.json",
                hint=runs_hint(folder) or "give a folder such as runs/LiquidNetCfc/001",
            )
        self.follower = RunFollower(folder)
        self.follower.poll()

    @property
    def id(self) -> str:
        return str(self.summary["id"])

    def text(self, name: str) -> str:
        """Return a file's text, empty without it; a link, which may lead out of the folder, is not followed."""
        path = self.folder / name
        try:
            readable = path.is_file() and not path.is_symlink()
            return "" if not readable else path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def report(folders: Sequence[Path], registry: Any) -> str:
    """Return the report of one run or of several as HTML.

    Needs the extra ``plot``. Raises MissingFileError if a folder is not that of a run.
    """
    runs = [_Run(Path(folder)) for folder in folders]
    title = (
        runs[0].id
        if len(runs) == 1
        else f"{counted(len(runs), 'run')}: {', '.join(r.id for r in runs)}"
    )
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="muted">Written {datetime.now():%Y-%m-%d %H:%M}.</p>',
        f'<div class="runs">{"".join(_card(run, index, len(runs)) for index, run in enumerate(runs))}</div>',
        *(
            section(_report_title(run, len(runs)), report_tables(run.follower.record))
            for run in runs
        ),
        *(section(_live_title(run, len(runs)), _live(run)) for run in runs),
        section("Curves", f'<div class="charts">{_curves(runs)}</div>'),
        _differences(runs, registry),
        *_nets(runs, registry),
        *(section(f"Pictures of {run.id}", _pictures(run)) for run in runs),
        section("Settings", *(_settings(run, len(runs)) for run in runs)),
        section("Environment", *(_environment(run, len(runs)) for run in runs)),
    ]
    return page(title, filter(None, parts))


def number(value: Any, digits: int = 4) -> str:
    """Format a figure; a dash if there is none."""
    return "–" if value is None else f"{value:.{digits}g}"


def _card(run: _Run, index: int, count: int) -> str:
    summary = run.summary
    figures = summary["figures"]
    colour, dash = line_style(index)
    border = f"border-color: {colour}; border-top-style: {'solid' if dash == '-' else 'dashed'}"
    swatch = f'<span class="swatch" style="{border}"></span>' if count > 1 else ""
    done, most = (
        "–" if summary[name] is None else f"{summary[name]:,}" for name in ("iteration", "max_iter")
    )
    entries = [("Updates", done, f"of {most}")]
    for name in _FIRST:
        if figures.get(name) is not None:
            beside = figures.get(_BESIDE.get(name, ""))
            below = f"baseline {number(beside)}" if beside is not None else ""
            entries.append((_TITLES[name], number(figures[name]), below))
    best = summary.get("best")
    if best:
        entries.append(
            ("Best weights", number(best["value"]), f"{best['metric']} at {best['iteration']:,}")
        )
    device = summary["device"]
    entries += [
        ("Duration", _duration(summary), str(summary["started"] or "")),
        ("Seed", str(summary["seed"]), device["name"] if isinstance(device, dict) else str(device)),
    ]
    message = summary.get("message") or ""
    notes = run.text("notes.md")
    return (
        f'<div class="run"><header>{swatch}<b>{escape(run.id)}</b><span class="muted">{escape(_state(summary))}</span>'
        f'<span class="muted">{escape(_what(summary))}</span></header>{facts(entries)}'
        + (f'<p class="message">{escape(message)}</p>' if message else "")
        + (f'<p class="notes">{escape(notes)}</p>' if notes else "")
        + "</div>"
    )


def _state(summary: dict[str, Any]) -> str:
    return "stopped" if summary["state"] == "interrupted" else str(summary["state"])


def _what(summary: dict[str, Any]) -> str:
    parts = [summary.get("solver"), summary.get("trainer"), summary.get("gym")]
    return " · ".join(str(part) for part in parts if part)


def _duration(summary: dict[str, Any]) -> str:
    seconds = summary.get("seconds")
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _report_title(run: _Run, count: int) -> str:
    trainer = run.summary.get("trainer") or "The trainer"
    return f"{trainer}: what was reached" + (f" by {run.id}" if count > 1 else "")


def _live_title(run: _Run, count: int) -> str:
    gym = run.summary.get("gym") or "The gym"
    return f"{gym}: the latest points" + (f" of {run.id}" if count > 1 else "")


def _live(run: _Run) -> str:
    """Draw target, prediction and error of the latest samples; empty for a run without samples."""
    live = run.follower.live(MOST_LIVE)
    if not live["names"] or len(live["x"]) < 2:
        return ""
    x_label, dates = live["x_name"], bool(live["dates"])
    loose = scattered(live["x"])
    pictures = []
    for index, name in enumerate(live["names"]):
        x, target, prediction = live["x"], live["target"][index], live["prediction"][index]
        error = [
            None if p is None or t is None else p - t
            for p, t in zip(prediction, target, strict=True)
        ]
        curve = Chart(
            [
                Line("target", x, target, style.TARGET, width=3.5, alpha=0.55, loose=loose),
                Line("prediction", x, prediction, style.PREDICTION, width=1.3, loose=loose),
            ],
            x_label,
            dates=dates,
        )
        below = Chart(
            [Line("", x, error, style.PREDICTION, width=0.9, loose=loose)],
            x_label,
            dates=dates,
            band=live["tolerance"],
            height=1.6,
        )
        pictures += [figure(name, to_svg(curve)), figure(f"error of {name}", to_svg(below))]
    return f'<div class="charts">{"".join(pictures)}</div>'


def _curves(runs: Sequence[_Run]) -> str:
    names = [name for run in runs for name in run.follower.names]
    known = [name for name in dict.fromkeys((*_FIRST, *names)) if name in names]
    known = [name for name in known if name not in _BESIDE.values()]
    drawn = "".join(_figure_of(runs, name) for name in known[:_MOST_CHARTS])
    return drawn + _left_out(len(known), "metrics.csv") + _tests(runs)


def _left_out(charts: int, file: str) -> str:
    """Return a line that says how many charts are left out, "" if none are."""
    left = charts - _MOST_CHARTS
    return f"<p>{counted(left, 'further column')} in {file}</p>" if left > 0 else ""


def _figure_of(runs: Sequence[_Run], name: str) -> str:
    lines: list[Line] = []
    for index, run in enumerate(runs):
        if name not in run.follower.names or not run.follower.rows:
            continue
        beside = _BESIDE.get(name)
        own = [name, beside] if beside in run.follower.names and len(runs) == 1 else [name]
        curves = run.follower.curves(own, most=_MOST_ROWS)
        if not any(value is not None for value in curves[name]["mean"]):
            continue
        label = run.id if len(runs) > 1 else name.replace("_", " ") if len(own) > 1 else ""
        lines.append(block_lines(curves, name, label, index))
        if len(own) > 1:
            base = curves[own[1]]["mean"]
            lines.append(Line("baseline", curves["iteration"], base, style.GREY, "--", 1.2))
    if not lines:
        return ""
    limits = (0.0, 1.02) if name == "accuracy" else None
    chart = Chart(lines, log=name == "loss" or name.endswith("abs_error"), limits=limits)
    return figure(_TITLES.get(name, name), to_svg(chart))


def _tests(runs: Sequence[_Run]) -> str:
    found: dict[str, list[Line]] = {}
    for index, run in enumerate(runs):
        for name, points in run.follower.tests().items():
            label = run.id if len(runs) > 1 else ""
            colour, dash = line_style(index)
            line = Line(label, points["iteration"], points["value"], colour, dash, marked=True)
            found.setdefault(name, []).append(line)
    drawn = [
        figure(name, to_svg(Chart(lines))) for name, lines in islice(found.items(), _MOST_CHARTS)
    ]
    return "".join(drawn) + _left_out(len(found), "tests.jsonl")


def _differences(runs: Sequence[_Run], registry: Any) -> str:
    if len(runs) < 2:
        return ""
    found = compare([run.folder for run in runs], registry)
    if not found["differs"]:
        return section(
            "What differs", f"<p>Nothing: all {found['same']} settings are the same.</p>"
        )
    rows = [(entry["path"], *entry["values"]) for entry in found["differs"]]
    count = f'<p class="muted">{len(rows)} of {counted(len(rows) + found["same"], "setting")}.</p>'
    return section("What differs", count, table(["setting", *(run.id for run in runs)], rows))


def _nets(runs: Sequence[_Run], registry: Any) -> list[str]:
    """Draw each different net once."""
    drawn: dict[str, list[str]] = {}
    for run in runs:
        drawn.setdefault(run.text("model.prototxt"), []).append(run.id)
    parts = []
    for text, ids in drawn.items():
        seen = look("model", text, "TRAIN", "model.prototxt", registry) if text else {}
        graph = seen.get("graph")
        if graph:
            count = seen["net"]["weights"]
            size = counted(seen["net"]["layers"], "layer") + (
                f", {counted(count, 'weight')}" if count else ""
            )
            title = "The net" if len(drawn) == 1 else f"The net of {', '.join(ids)}"
            picture = f'<div class="graph">{graph_svg(graph)}</div>'
            parts.append(section(title, f'<p class="muted">{size}</p>', picture))
    return parts


def _pictures(run: _Run) -> str:
    parts = []
    for path in sorted(run.folder.glob("*.png")):
        small = path.stat().st_size <= _LARGEST_PICTURE
        if path.name not in _DRAWN_HERE and small and path.is_file() and not path.is_symlink():
            data = base64.b64encode(path.read_bytes()).decode()
            parts.append(
                figure(
                    path.name, f'<img alt="{escape(path.name)}" src="data:image/png;base64,{data}">'
                )
            )
    return "".join(parts)


def _settings(run: _Run, count: int) -> str:
    title = f" of {run.id}" if count > 1 else ""
    return "".join(
        folded(f"{name}{title}", text_block(run.text(name)))
        for name in ("solver.prototxt", "model.prototxt")
        if run.text(name)
    )


def _environment(run: _Run, count: int) -> str:
    record = run.follower.record
    rows: list[tuple[str, Any]] = [
        ("command", _command(record)),
        ("folder", record.get("working_folder")),
        ("git commit", record.get("git_commit")),
        ("platform", record.get("platform")),
        ("numbers", record.get("dtype")),
        ("resumed from", record.get("resumed_from")),
        *(record.get("versions") or {}).items(),
    ]
    shown = table(["", ""], [row for row in rows if row[1]])
    return (f"<h3>{escape(run.id)}</h3>" if count > 1 else "") + shown


def _command(record: dict[str, Any]) -> str:
    folder = Path(record.get("working_folder") or ".")
    return shlex.join(as_pasted(record["command"], folder)) if record.get("command") else ""
