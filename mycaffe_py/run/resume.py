"""Finding the state from which a run is resumed."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mycaffe_py.errors import ConfigError, MissingFileError, MyCaffeError, SnapshotError, closest
from mycaffe_py.reading import broken_link
from mycaffe_py.weights.nearby import runs_hint

from .directory import folder_name, numbered_folders
from .record import read_record, snapshots_of
from .recorded import recorded_path

STATE_SUFFIXES = (".solverstate", ".solverstate.h5")
WEIGHTS_SUFFIXES = (".caffemodel", ".caffemodel.h5")

_NEWEST = ("last", "latest", "newest", "true", "yes", "recent", "1")

Use = Callable[[Path], None]
Warn = Callable[[str], None]


class FoundState(NamedTuple):
    """A solver state, and the folder of the run that wrote it; snapshots may be elsewhere."""

    state: Path
    run: Path


def find_state(spec: str, base: Path, net_name: str, *, use: Use, warn: Warn) -> FoundState:
    """Return the solver state that ``--resume`` refers to, with its run.

    ``spec`` is ``auto`` (the newest run of the net below ``base``), a run folder, a .solverstate,
    or a .caffemodel with its .solverstate beside it. ``use`` is called with the state, to restore
    it; if there are several, a state for which it raises is skipped with a warning. If none
    in a folder can be used, the first one's error is raised.
    """
    if spec == "auto":
        return _newest(base / folder_name(net_name), net_name, use, warn)
    path = Path(spec)
    if os.path.isdir(path):
        return _in_folder(path, use, warn)
    if not os.path.isfile(path):
        raise _missing(path)
    if path.name.endswith(WEIGHTS_SUFFIXES):
        path = _state_beside(path)
    try:
        use(path)
    except SnapshotError as error:
        raise SnapshotError(error.message, hint=error.hint or _others_beside(path)) from error
    return FoundState(path, path.parent)


def _others_beside(state: Path) -> str | None:
    """Return what to type to resume from another state in the same folder, or None if there is none."""
    names = [name for name in os.listdir(state.parent) if name.endswith(STATE_SUFFIXES)]
    if len(names) < 2:
        return None
    folder = shlex.quote(str(state.parent))
    return (
        f"--resume {folder} takes the newest of the folder's {len(names)} states that can be used"
    )


class _Failures:
    """The reasons why states were skipped; a copy of one that already failed is not reported again."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, MyCaffeError]] = []

    def add(self, state: Path, error: MyCaffeError) -> None:
        copied = state.name.startswith("last.") and any(
            state.read_bytes() == other.read_bytes() for other, _ in self.found
        )
        if not copied:
            self.found.append((state, error))

    def report(self, warn: Warn) -> None:
        for state, error in self.found:
            reason = error.message.removeprefix(f"{state}").lstrip(": ")
            warn(f"skipped {state}: {reason}" + (f"\n  {error.hint}" if error.hint else ""))


def _newest(parent: Path, net_name: str, use: Use, warn: Warn) -> FoundState:
    runs = numbered_folders(parent)[::-1]
    failures = _Failures()
    for run in runs:
        status = read_record(run).get("status")
        if status == "diverged":
            warn(f"run {run} diverged; trying the run before it")
            continue
        if status == "running":
            warn(f"run {run} is still running; continuing from its newest snapshot, if it has one")
        state = _first_usable(states_in(run), use, failures)
        if state is not None:
            failures.report(warn)
            return FoundState(state, run)
    failures.report(warn)
    found = "none of its runs has a usable snapshot" if runs else "it has no runs"
    raise MissingFileError(
        f'nothing to resume for net "{net_name}" in {parent}: {found}',
        hint="omit --resume to start a new run",
    )


def _in_folder(folder: Path, use: Use, warn: Warn) -> FoundState:
    states = states_in(folder)
    if not states:
        raise MissingFileError(
            f"folder {folder} contains no .solverstate, so there is nothing to resume",
            hint=runs_hint(folder / "auto")
            or "give a run folder such as runs/<net>/001, or a .solverstate file",
        )
    failures = _Failures()
    state = _first_usable(states, use, failures)
    if state is None:
        raise failures.found[0][1]
    failures.report(warn)
    return FoundState(state, folder)


def _first_usable(states: list[Path], use: Use, failures: _Failures) -> Path | None:
    for state in states:
        try:
            use(state)
        except (ConfigError, MissingFileError) as error:
            failures.add(state, error)
        else:
            return state
    return None


def states_in(folder: Path) -> list[Path]:
    """Return a run folder's solver states, those with the most iterations first.

    Snapshots that ``snapshot_prefix`` directs elsewhere are found through run.json. ``last`` comes
    after the snapshots of its kind: it is a copy of one of them.
    """
    found = [path for path in folder.iterdir() if path.name.endswith(STATE_SUFFIXES)]
    record = read_record(folder)
    for entry in snapshots_of(record):
        elsewhere = recorded_path(folder, record, entry["state"])
        if os.path.isfile(elsewhere) and not any(elsewhere.samefile(path) for path in found):
            found.append(elsewhere)
    return sorted(found, key=lambda path: (iteration_in_name(path), path.name), reverse=True)


def iteration_in_name(path: Path) -> int:
    """Return N of ``<prefix>_iter_N.solverstate``, or -1."""
    match = re.search(r"_iter_(\d+)\.", path.name)
    return int(match[1]) if match else -1


def _state_beside(weights: Path) -> Path:
    stem = re.sub(r"\.caffemodel(\.h5)?$", "", weights.name)
    for suffix in STATE_SUFFIXES:
        state = weights.with_name(stem + suffix)
        if os.path.isfile(state):
            return state
    raise ConfigError(
        f"{weights} contains only weights, and there is no {stem}.solverstate beside it",
        hint="a training run is resumed from a .solverstate, which also has iteration and history;\n"
        f"to start a new run from these weights, use --weights {shlex.quote(str(weights))}",
    )


def _missing(path: Path) -> MissingFileError:
    siblings: list[str] = []
    if os.path.isdir(path.parent):
        siblings = [
            entry.name
            for entry in path.parent.iterdir()
            if entry.name != path.name
            if os.path.isdir(entry) or entry.name.endswith((*STATE_SUFFIXES, *WEIGHTS_SUFFIXES))
        ]
    near = closest(path.name, siblings)
    hint = f'did you mean "{path.parent / near}"?' if near else runs_hint(path)
    if path.name.lower() in _NEWEST:
        hint = "write --resume auto for the newest run of this net"
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        return MissingFileError(f"nothing to resume: {path} is not an ordinary file", hint=hint)
    if link := broken_link(path):
        hint = f"it is {link}"
    if path.name.isdigit() and str(path) == path.name:
        hint = f"for a snapshot every {path} updates: --set solver.snapshot={path}"
    return MissingFileError(f"nothing to resume: {path} does not exist", hint=hint)
