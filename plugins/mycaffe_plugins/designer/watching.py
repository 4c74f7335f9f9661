"""Noticing that files and runs have changed, by looking at them now and then."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from .faults import Fault
from .files import etag_of, read_bytes
from .folders import Folders
from .runs import GOING, Runs

_RECENT = 120.0
_MOST_OPEN = 40


class FileWatch:
    """Watches the files that pages have opened: their bytes count, not their times."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Path, str | None]] = {}

    def opened(self, project: str, kind: str, path: Path, etag: str | None) -> None:
        """Watch a file from now on, which has this mark."""
        self._known.pop((project, kind), None)
        self._known[project, kind] = (path, etag)
        while len(self._known) > _MOST_OPEN:
            self._known.pop(next(iter(self._known)))

    def path_of(self, project: str, kind: str) -> Path | None:
        """Return where a file that was opened is or was: without it, a project may be none any more."""
        return self._known[project, kind][0] if (project, kind) in self._known else None

    def changes(self) -> list[dict[str, Any]]:
        """Return each file that another program has changed since the last call; a removed one has no mark."""
        found = []
        for (project, kind), known in list(self._known.items()):
            path, mark = known
            etag = _mark(path)
            if etag != mark and self._known.get((project, kind)) == known:
                self._known[project, kind] = (path, etag)
                found.append({"project": project, "kind": kind, "etag": etag})
        return found


def _mark(path: Path) -> str | None:
    try:
        return etag_of(read_bytes(path))
    except (Fault, OSError):
        return None


class RunWatch:
    """Looks at the runs of all projects; says which have changed their state or got on."""

    def __init__(self, folders: Folders, runs: Runs):
        self._folders, self._runs = folders, runs
        self._told: dict[Path, tuple[str, dict[str, Any], float]] = {}
        self._first = True
        self._lock = threading.Lock()
        self.hurry = False
        """Set when a run is known to have changed, so that the next look is at once."""

    def changes(self) -> list[dict[str, Any]]:
        """Return the summary of each run that is new or has changed since the last call; for any thread."""
        with self._lock:
            return self._changes()

    def _changes(self) -> list[dict[str, Any]]:
        self.hurry = False
        found, there = [], set()
        for project in self._folders.projects():
            for folder in self._runs.folders(project):
                there.add(folder)
                summary = self._runs.summary(folder)
                before = self._told.get(folder)
                if not summary or (before and before[1] == summary):
                    continue
                key = f"{project.name}/{summary['id']}"
                stamp = 0.0 if self._first else time.monotonic()
                self._told[folder] = (key, summary, stamp)
                if not self._first:
                    found.append(_event(key, summary))
        gone = self._told.keys() - there
        for folder in gone:
            del self._told[folder]
        self._runs.forget(gone)
        self._first = False
        return found

    def recent(self) -> list[dict[str, Any]]:
        """Return the summaries of runs that go on or have changed of late, for a page that has just begun to listen."""
        now = time.monotonic()
        return [
            _event(key, summary)
            for key, summary, stamp in list(self._told.values())
            if summary["state"] in GOING or (stamp and now - stamp < _RECENT)
        ]


def _event(key: str, summary: dict[str, Any]) -> dict[str, Any]:
    return {"run": key, "project": key.partition("/")[0], **summary}
