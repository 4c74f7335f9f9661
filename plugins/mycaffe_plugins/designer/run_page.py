"""Everything that a run's page shows beside its curves."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.projects import Project
from mycaffe_py.run import MOST_COLUMNS, read_record
from mycaffe_py.spreadsheets import plain_cells

from .compare import settings_of
from .faults import Fault
from .files import as_text, etag_of, read_bytes
from .folders import within
from .training import as_pasted, output_of

if TYPE_CHECKING:
    from .desk import Desk

NOTES = "notes.md"
_FRAME = "live_frame.png"


def page_of(desk: Desk, project: Project, folder: Path) -> dict[str, Any]:
    """Return a run's summary with names of its figures, files, notes, settings, problem and output."""
    summary = desk.runs.summary(folder)
    if not summary:
        raise Fault(404, f"{folder.parent.name}/{folder.name} is no run")
    record = read_record(folder)
    problem = summary.get("problem")
    return {
        **summary,
        "names": _columns(folder),
        "files": files_of(folder),
        "notes": _notes(folder),
        "solver": record.get("solver"),
        "command": as_pasted(record["command"], project.folder) if record.get("command") else [],
        "versions": record.get("versions") or {},
        "settings": _settings(desk, folder),
        "problem": problem and _placed(problem, project, record),
        "output": output_of(folder),
        "frame": os.path.isfile(folder / _FRAME),
    }


def files_of(folder: Path) -> list[dict[str, Any]]:
    """Return name and size of each file in a run folder; hidden and half-written ones and links are left out."""
    files = []
    with os.scandir(folder) as entries:
        for one in entries:
            if one.name.startswith(".") or one.name.endswith(".tmp"):
                continue
            with suppress(OSError):  # replaced or removed just now
                if one.is_file(follow_symlinks=False):
                    files.append((one.name, one.stat(follow_symlinks=False).st_size))
    return [{"name": name, "size": size} for name, size in sorted(files)]


def _columns(folder: Path) -> list[str]:
    """Return the columns of metrics.csv but the first, iteration."""
    if not (folder / "metrics.csv").is_file():
        return []
    try:
        with (folder / "metrics.csv").open(encoding="utf-8", errors="replace", newline="") as file:
            line = file.readline()
    except OSError:
        return []
    return plain_cells(line)[1 : 1 + MOST_COLUMNS] if line.endswith("\n") else []


def _notes(folder: Path) -> dict[str, Any]:
    path = within(folder, NOTES)
    if not os.path.isfile(path):
        return {"text": "", "etag": None}
    data = read_bytes(path)
    return {"text": as_text(path, data), "etag": etag_of(data)}


def _settings(desk: Desk, folder: Path) -> dict[str, str]:
    """Return the run's settings; a run that ended before it wrote its files has none."""
    with suppress(MyCaffeError):
        return settings_of(folder, desk.registry)
    return {}


def _placed(problem: dict[str, Any], project: Project, record: dict[str, Any]) -> dict[str, Any]:
    """Say which of the project's files a problem is in, if it is in one."""
    which = None
    if problem.get("file"):
        # A training started here runs in the project's folder.
        path = Path(record.get("working_folder") or project.folder) / str(problem["file"])
        for kind, own in (("model", project.model), ("solver", project.solver)):
            if path.resolve() == own.resolve():
                which = kind
    return {**problem, "project_file": which}
