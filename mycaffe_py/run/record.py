"""run.json: the record of a run, its environment, and how it ended."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mycaffe_py.compiled import kernels_on
from mycaffe_py.weights.atomic import atomic_write

from .lock import is_alive, this_process
from .reading import NUMBER, TEXTS, of_kinds, read_fields
from .recorded import seen_from
from .signing import is_signed, signature
from .versions import installed_versions

FILE_NAME = "run.json"


def now() -> str:
    """Return the current time as ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def git_commit(folder: Path | None = None) -> str | None:
    """Return the commit checked out in ``folder``, or None if there is no git or no commit."""
    program = _program("git")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "rev-parse", "--verify", "HEAD"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _program(name: str) -> str | None:
    """Return the path of a program, never one in the current folder, where Windows, or a ``.`` in PATH, looks first."""
    file = f"{name}.exe" if os.name == "nt" else name
    found = (os.path.join(folder, file) for folder in os.get_exec_path() if os.path.isabs(folder))
    return next((path for path in found if os.path.isfile(path) and os.access(path, os.X_OK)), None)


class RunRecord:
    """The fields of run.json; every change is written at once, atomically."""

    def __init__(self, folder: Path, fields: dict[str, Any]):
        self.path = folder / FILE_NAME
        self.fields = fields

    @classmethod
    def start(
        cls,
        folder: Path,
        training: Any,
        *,
        command: Sequence[str],
        resumed_from: Path | None = None,
        resumed_run: Path | None = None,
    ) -> RunRecord:
        """Write the record of a run that starts now."""
        device, plugins = training.device, training.registry.named()
        record = cls(
            folder,
            {
                "status": "running",
                "message": "",
                "net": training.net.name,
                "solver": training.solver.type,
                "trainer": training.trainer.type if training.trainer else None,
                "gym": _gym_of(training),
                "iteration": training.solver.iter,
                "max_iter": training.solver.param.max_iter,
                "started": now(),
                "ended": None,
                "seed": training.seed,
                "device": {"name": device.name, "reason": device.reason},
                "kernels": kernels_on(device),
                "dtype": str(training.net.dtype),
                "command": list(command),
                "folder": os.path.abspath(folder),
                "plugins": plugins,
                "signature": signature(os.path.abspath(folder), plugins) if plugins else None,
                "working_folder": os.getcwd(),
                "git_commit": git_commit(),
                **_identity(),
                "platform": platform.platform(),
                "versions": installed_versions(),
                "resumed_from": str(resumed_from) if resumed_from else None,
                "resumed_run": seen_from(folder, resumed_run) if resumed_run else None,
                "best": None,
                "problem": None,
                "snapshots": [],
                "pictures": [],
                "report": None,
                "cautions": [],
            },
        )
        record.write()
        return record

    def update(self, **changes: Any) -> None:
        """Change fields and write the file."""
        unknown = changes.keys() - self.fields.keys()
        if unknown:
            raise KeyError(f"run.json has no fields {sorted(unknown)}")
        self.fields |= changes
        self.write()

    def write(self) -> None:
        """Write the file atomically; raises OutputError if that is not possible."""
        text = json.dumps(plain(self.fields), indent=2, allow_nan=False) + "\n"
        atomic_write(self.path, text.encode())


def _identity() -> dict[str, Any]:
    """Return what tells whether the run's process still exists, as in run.lock; its start as ``process_started``."""
    this = this_process()
    return {
        "process": this["process"],
        "process_started": this["started"],
        "host": this["host"],
    }


def plain(value: Any) -> Any:
    """Return ``value`` with numbers that JSON cannot represent replaced by None."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _gym_of(training: Any) -> str | None:
    """Return the type of the gym from which a training takes its data; None if it takes them from layers."""
    if training.trainer is None:
        return None
    gyms = training.registry.gyms
    name = str(training.trainer.param.gym.type)
    return str(gyms.find(name).type) if name in gyms else name


_KINDS = {
    **dict.fromkeys(
        ("status", "message", "net", "solver", "trainer", "gym", "dtype", "kernels"), str
    ),
    **dict.fromkeys(("working_folder", "folder", "signature"), str),
    **dict.fromkeys(("git_commit", "platform", "process_started", "host"), str),
    **dict.fromkeys(("resumed_from", "resumed_run"), str),
    **dict.fromkeys(("iteration", "max_iter", "seed", "process"), int),
    **dict.fromkeys(("started", "ended"), datetime),
    **dict.fromkeys(("command", "plugins", "pictures", "cautions"), TEXTS),
    "snapshots": list,
    **dict.fromkeys(("report", "versions"), dict),
    "device": {"name": str, "reason": str},
    "best": {"metric": str, "value": NUMBER, "window": int, "iteration": int},
    "problem": {"message": str, "hint": str, "file": str, "line": int, "column": int},
}
_SNAPSHOT = {"iteration": int, "weights": str, "state": str, "reason": str}


def read_record(folder: Path) -> dict[str, Any]:
    """Return the fields of a run folder's run.json, or an empty dict if it cannot be read.

    A field of another kind than it is written with is left out.
    If it says ``running`` but the run's process is gone, ``status`` is ``lost`` and ``message`` tells so.
    """
    path = Path(folder) / FILE_NAME
    fields = read_fields(path, _KINDS)
    if fields.get("status") != "running" or is_alive(folder):
        return fields
    fields = read_fields(path, _KINDS)  # it may have ended after the first look
    if fields.get("status") != "running":
        return fields
    return fields | lost(fields)


def snapshots_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the snapshots that a record names, oldest first, ignoring what is no snapshot."""
    entries = (of_kinds(entry, _SNAPSHOT) for entry in record.get("snapshots") or ())
    return [entry for entry in entries if entry.get("state")]


def plugins_of(record: dict[str, Any]) -> list[str]:
    """Return the plugins named with ``--plugin`` when a run was made: whole paths of files, or names of modules."""
    return [name for name in record.get("plugins") or () if isinstance(name, str) and name]


def made_here(folder: Path, record: dict[str, Any]) -> bool:
    """Whether a run with plugins was made by this user in this folder, rather than copied or brought from elsewhere.

    The record's signature says so, which covers the folder and the plugins, as anything else in it can be made up.
    """
    written = str(record.get("folder") or "")
    try:
        here = os.path.isabs(written) and os.path.realpath(written) == os.path.realpath(folder)
        return here and is_signed(record.get("signature"), written, plugins_of(record))
    except (OSError, ValueError):  # ValueError: the path contains a null character
        return False


def last_snapshot(record: dict[str, Any]) -> int | None:
    """Return the update of the newest snapshot that a record names, or None."""
    entries = snapshots_of(record)
    return entries[-1].get("iteration") if entries else None


def lost(record: dict[str, Any]) -> dict[str, Any]:
    """Return what changes in the record of a run that says ``running``, but whose process is gone."""
    update = last_snapshot(record)
    left = "It left no snapshot."
    if update is not None:
        left = f"Its last snapshot is of update {update:,}."
    return {"status": "lost", "message": f"This run's process is gone. {left}"}
