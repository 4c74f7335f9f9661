"""A run in few words: what a list of runs shows of each."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from .columns import parse_header, parse_rows
from .directory import runs_of_nets
from .progress import read_progress
from .record import FILE_NAME, read_record, snapshots_of
from .recorded import recorded_path


def run_id(folder: Path | str) -> str:
    """Return the name of a run: the last two parts of its folder's path, ``NET/003``."""
    return "/".join(Path(os.path.abspath(folder)).parts[-2:])


def runs_in(base: Path | str) -> list[Path]:
    """Return the run folders ``base/<net>/<NNN>``, those that started last first."""
    return by_start(run for runs in runs_of_nets(Path(base)) for run in runs)


def by_start(folders: Any) -> list[Path]:
    """Return those of ``folders`` that are run folders, those that started last first."""
    started = {
        run: read_record(run).get("started") or ""
        for run in folders
        if os.path.isfile(run / FILE_NAME)
    }
    runs = sorted(started, key=lambda run: (run.parent.name, int(run.name)), reverse=True)
    return sorted(runs, key=lambda run: started[run], reverse=True)


def summarize(folder: Path | str) -> dict[str, Any]:
    """Return what a list shows of a run; empty if the folder is not a run's.

    ``id``, ``net``, ``number``, ``state`` (running, done, interrupted, diverged, failed or lost), ``iteration``,
    ``max_iter``, ``started``, ``ended``, ``seed``, ``device``, ``message``, ``problem``, ``figures`` of the newest
    update and of the newest tests, ``best``, ``resumed_from`` (a run's id), ``trainer``, ``gym``, ``solver``,
    ``pictures``, ``snapshots`` (with absolute paths), ``rate`` (updates/s), ``seconds``, ``left``,
    ``memory`` and ``peak`` (MB). None: not known.
    """
    folder = Path(folder)
    record = read_record(folder)
    return summary_of(folder, record, read_progress(folder)) if record else {}


def summary_of(folder: Path, record: dict[str, Any], progress: dict[str, Any]) -> dict[str, Any]:
    """Return the summary of a run with this record and this progress."""
    device = record.get("device")
    running = record.get("status") == "running"
    figures = progress.get("figures", {}) | progress.get("tests", {})
    iterations = (record.get("iteration"), progress.get("iteration"))
    return {
        "id": run_id(folder),
        "net": record.get("net"),
        "number": Path(os.path.abspath(folder)).name,
        "state": record.get("status"),
        "iteration": max(iteration or 0 for iteration in iterations),
        **{name: record.get(name) for name in _AS_RECORDED},
        "device": device.get("name") if isinstance(device, dict) else None,
        "figures": figures or _last_figures(folder / "metrics.csv"),
        "resumed_from": _resumed_id(folder, record),
        "snapshots": [_with_paths(folder, record, entry) for entry in snapshots_of(record)],
        **{name: progress.get(name) for name in ("rate", "seconds", "peak")},
        **{name: progress.get(name) if running else None for name in ("left", "memory")},
    }


_AS_RECORDED = (
    *("max_iter", "started", "ended", "seed", "message", "problem", "best", "trainer", "gym"),
    *("solver", "pictures"),
)


def _resumed_id(folder: Path, record: dict[str, Any]) -> str | None:
    """Return the id of the run that this one continues."""
    if record.get("resumed_run"):
        return run_id(folder / str(record["resumed_run"]))
    state = record.get("resumed_from")  # all that older versions recorded
    if not state:
        return None
    return run_id((Path(record.get("working_folder") or ".") / state).parent)


def _with_paths(folder: Path, record: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    paths = {
        name: os.path.abspath(recorded_path(folder, record, entry[name]))
        for name in ("weights", "state")
        if entry.get(name)
    }
    return entry | paths


def _last_figures(path: Path) -> dict[str, float | None]:
    """Return the last row of a metrics.csv without reading all of it, for runs that left no progress.json."""
    if not os.path.isfile(path):
        return {}
    with suppress(OSError), open(path, "rb") as file:
        names = parse_header(file.readline())
        rows = parse_rows(_last_line(file, file.tell()), len(names))
        if len(rows):
            shown = zip(names[1:21], rows[-1, 1:21].tolist(), strict=True)
            return {name: value if math.isfinite(value) else None for name, value in shown}
    return {}


def _last_line(file: BinaryIO, begin: int) -> bytes:
    """Return the last line that ends with a newline, of those from ``begin`` on; empty if there is none."""
    end, size = file.seek(0, os.SEEK_END), 4096
    while True:
        start = max(begin, end - size)
        file.seek(start)
        text = file.read(end - start)
        text = text[: text.rfind(b"\n") + 1]
        before = text.rfind(b"\n", 0, -1) + 1
        if before or start == begin:
            return text[before:]
        size *= 4
