"""The runs of a project as lists and pages show them: read again only when a file of theirs has changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from mycaffe_py.projects import Project
from mycaffe_py.run import RunFollower, is_alive, summarize

from .training import Trainings, log_beside

GOING = ("starting", "running")
_WATCHED = ("run.json", "progress.json")

Signature = tuple[tuple[int, int, int] | None, ...]


class Seen(NamedTuple):
    """What a run's files were when they were last read, and what they said."""

    signature: Signature
    summary: dict[str, Any]


class Runs:
    """Summaries of run folders, cached by the state of their files. For one thread at a time, or many."""

    def __init__(self, trainings: Trainings):
        self._trainings = trainings
        self._seen: dict[Path, Seen] = {}

    def folders(self, project: Project) -> list[Path]:
        """Return the project's run folders ``runs/<net>/<NNN>``, in no particular order."""
        found = []
        for net in _subfolders(project.runs):
            found += [folder for folder in _subfolders(net) if folder.name.isdecimal()]
        return found

    def summaries(self, project: Project) -> list[dict[str, Any]]:
        """Return the summaries of all runs, newest first."""
        found = [self.summary(folder) for folder in self.folders(project)]
        shown = [one for one in found if one]
        return sorted(shown, key=lambda one: (one["started"] or "", one["id"]), reverse=True)

    def summary(self, folder: Path) -> dict[str, Any]:
        """Return a run's summary; empty if the folder holds no run."""
        seen = self._seen.get(folder)
        signature = _signature(folder)
        if seen and seen.signature == signature and _stays(seen.summary, folder):
            return seen.summary
        found = summarize(folder) or self._start(folder)
        if found:
            found["resumed_from"] = _as_id(found.get("resumed_from"), folder)
        self._seen[folder] = Seen(signature, found)
        return found

    def of_follower(self, follower: RunFollower) -> dict[str, Any]:
        """Return the summary of a run that is followed, with its newest update."""
        found = follower.summary()
        if found:
            found["resumed_from"] = _as_id(found.get("resumed_from"), follower.folder)
        return found

    def forget(self, gone: set[Path]) -> None:
        """Drop what is known of folders that are no longer there."""
        for folder in gone:
            self._seen.pop(folder, None)

    def _start(self, folder: Path) -> dict[str, Any]:
        """Return the summary of a training started here that has no run.json, or an empty dict."""
        if not log_beside(folder).is_file():
            return {}
        begun = self._trainings.unfinished_start(folder)
        if begun is None:
            return {}
        ended = begun["started"] if begun["state"] == "failed" else None
        net, number = folder.parts[-2:]
        empty = (
            "iteration",
            "max_iter",
            "seed",
            "device",
            "best",
            "resumed_from",
            "trainer",
            "gym",
        )
        return {
            "id": f"{net}/{number}",
            "net": net,
            "number": number,
            **dict.fromkeys(empty),
            "iteration": 0,
            "figures": {},
            "snapshots": [],
            **dict.fromkeys(("rate", "left", "memory", "peak", "seconds")),
            **begun,
            "ended": ended,
        }


def _stays(summary: dict[str, Any], folder: Path) -> bool:
    """Whether a run is still what was said of it, if its files are: its process may be gone.

    A folder that was no run yet, or one that was only starting, may become one without a change of these files.
    """
    state = summary.get("state")
    return state not in (None, "starting") and (state != "running" or is_alive(folder))


def _subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder; links, which may lead out of the project, are left out."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _signature(folder: Path) -> Signature:
    return tuple(_state(folder / name) for name in _WATCHED)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _as_id(text: str | None, folder: Path) -> str | None:
    """Return a run's id ``NET/002`` for how run.json names the run that another goes on from."""
    if not text:
        return None
    path = Path(os.path.normpath(folder / text))
    while path.name and not path.name.isdecimal():
        path = path.parent
    return f"{path.parent.name}/{path.name}" if path.name else text
