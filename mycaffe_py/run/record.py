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

from mycaffe_py.weights.atomic import atomic_write

from .versions import installed_versions

FILE_NAME = "run.json"


def now() -> str:
    """Return the current time as ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def git_commit(folder: Path | None = None) -> str | None:
    """Return the commit checked out in ``folder``, or None if there is no git or no commit."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "HEAD"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


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
    ) -> RunRecord:
        """Write the record of a run that starts now."""
        device = training.device
        record = cls(
            folder,
            {
                "status": "running",
                "message": "",
                "net": training.net.name,
                "solver": training.solver.type,
                "trainer": training.trainer.type if training.trainer else None,
                "iteration": training.solver.iter,
                "max_iter": training.solver.param.max_iter,
                "started": now(),
                "ended": None,
                "seed": training.seed,
                "device": {"name": device.name, "reason": device.reason},
                "dtype": str(training.net.dtype),
                "command": list(command),
                "working_folder": os.getcwd(),
                "git_commit": git_commit(),
                "process": os.getpid(),
                "platform": platform.platform(),
                "versions": installed_versions(),
                "resumed_from": str(resumed_from) if resumed_from else None,
                "best": None,
                "snapshots": [],
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


def plain(value: Any) -> Any:
    """Return ``value`` with numbers that JSON cannot represent replaced by None."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read_record(folder: Path) -> dict[str, Any]:
    """Return the fields of a run folder's run.json, or an empty dict if it cannot be read."""
    try:
        fields = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}
