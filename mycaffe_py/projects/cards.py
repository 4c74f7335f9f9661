"""What a list shows of a project, from few bytes: the heads of the runs' records, and the end of one live file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from mycaffe_py.plugins import Registry, default_registry
from mycaffe_py.run.directory import runs_of_nets
from mycaffe_py.run.reading import NUMBER, is_kind, parse
from mycaffe_py.run.record import FILE_NAME, read_record

from .finding import data_of_model, solver_facts
from .listing import Listed
from .project import Project
from .sketches import SPARK, gym_spark

LIVE_FILE = "live.jsonl"
_HEAD = 64
"""Bytes in which run.json says its status: it is the first field."""
_TAIL = 64 * 1024
_SPARK_ROWS = 360
_RUNNING = "running"


def project_card(listed: Listed | Project, registry: Registry | None = None) -> dict[str, Any]:
    """Return what a list shows of a project.

    The keys: name, model (the net's file without its suffix), solver (its type), gym (its type, or None), data (without
    a gym, the name of the file or database that the model reads, or None), runs (how many), state (of a running run, if
    there is one, else of the newest; None without runs), last (when that began or ended, ISO time, or when the project
    was created), spark (60 values of ``target`` and ``prediction`` of that run, or of the gym alone, without
    predictions; or None) and problem (text, or None).
    """
    registry = registry or default_registry()
    project = listed.project if isinstance(listed, Listed) else listed
    if project is None:
        assert isinstance(listed, Listed)
        return _empty_card(listed.name) | {"problem": listed.problem}
    facts = solver_facts(project.solver, registry)
    folders, newest = _runs_of(project.runs)
    record = newest[1] if newest else {}
    return _empty_card(project.name) | {
        "model": project.model.stem,
        "solver": facts.type or None,
        "gym": facts.gym,
        "data": None if facts.gym else data_of_model(project.model, registry),
        "runs": folders,
        "state": record.get("status") or None,
        "last": record.get("ended") or record.get("started") or project.created or None,
        "spark": (newest and _live_spark(newest[0] / LIVE_FILE)) or _gym_spark(project, registry),
    }


def _empty_card(name: str) -> dict[str, Any]:
    card = dict.fromkeys(("model", "solver", "gym", "data", "state", "last", "spark", "problem"))
    return {"name": name, "runs": 0, **card}


def _runs_of(base: Path) -> tuple[int, tuple[Path, dict[str, Any]] | None]:
    """Return how many runs there are, and folder and record of the one to show."""
    count, shown = 0, []
    for runs in runs_of_nets(base):
        folders = [folder for folder in runs if not folder.is_symlink()]
        count += len(folders)
        shown += [folder for folder in folders[:-1] if _says_running(folder)] + folders[-1:]
    records = [(folder, read_record(folder)) for folder in shown]
    records.sort(key=lambda one: (one[1].get("status") == _RUNNING, one[1].get("started") or ""))
    return count, records[-1] if records else None


def _says_running(folder: Path) -> bool:
    """Whether run.json may say that the run is running; most are told by their first bytes."""
    if not os.path.isfile(folder / FILE_NAME):
        return False  # nothing, or a pipe
    try:
        with open(folder / FILE_NAME, "rb") as file:
            return f'"{_RUNNING}"'.encode() in file.read(_HEAD)
    except OSError:
        return False


def _live_spark(path: Path) -> dict[str, list[Any]] | None:
    """Return target and prediction of the first quantity in the newest rows of a live file, or None without any."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")
    except OSError:
        return None
    rows = []
    for line in lines[1:]:  # the first is the header, or cut off
        with suppress(LookupError, TypeError):  # the last may be half written
            row = parse(line)
            pair = row["t"][0], row["p"][0]
            rows += [pair] if all(one is None or is_kind(one, NUMBER) for one in pair) else []
    rows = rows[-_SPARK_ROWS:]
    rows = rows[:: max(1, -(-len(rows) // SPARK))]
    if len(rows) < 2:
        return None
    return {"target": [row[0] for row in rows], "prediction": [row[1] for row in rows]}


def _gym_spark(project: Project, registry: Registry) -> dict[str, list[Any]] | None:
    data = solver_facts(project.solver, registry).gym_data
    if not data:
        return None
    message = registry.schema.new("GymParameter")
    message.MergeFromString(data)
    values = gym_spark(registry, message, project.solver.resolve().parent)
    return {"target": values, "prediction": []} if values else None
