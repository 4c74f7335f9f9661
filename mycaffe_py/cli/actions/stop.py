"""Implementation of ``mycaffe stop``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from mycaffe_py.cli.failures import say
from mycaffe_py.cli.run_files import run_folder
from mycaffe_py.errors import EXIT_OK, ConfigError, MissingFileError
from mycaffe_py.run.asking import ask_run
from mycaffe_py.run.directory import DEFAULT_BASE
from mycaffe_py.run.lock import is_alive
from mycaffe_py.run.record import last_snapshot, read_record, snapshots_of
from mycaffe_py.weights.nearby import runs_hint

WAIT_SECONDS = 30.0


def stop(name: str, *, snapshot: bool, wait: bool) -> int:
    """Ask a run to stop, or only for a snapshot; return the exit code."""
    folder = _run_folder(name)
    before = _count(folder)
    ask_run(folder, "snapshot" if snapshot else "stop")
    if not wait:
        say(f"{folder}: asked for {'a snapshot' if snapshot else 'a stop'}")
        return EXIT_OK
    if snapshot:
        _wait(
            folder, "written no snapshot", lambda: _count(folder) > before or not is_alive(folder)
        )
    else:
        _wait(folder, "not stopped", lambda: not is_alive(folder))
    say(_told(folder))
    return EXIT_OK


def _run_folder(name: str) -> Path:
    found = run_folder(name)
    if found is None:
        path = Path(os.path.expanduser(name))
        raise MissingFileError(
            f"there is no run folder {name}",
            hint=runs_hint(DEFAULT_BASE / path) or "see: mycaffe runs",
        )
    return found


def _count(folder: Path) -> int:
    return len(snapshots_of(read_record(folder)))


def _wait(folder: Path, failing: str, is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not is_done():
        if time.monotonic() > end:
            raise ConfigError(
                f"run {folder} has {failing} within {WAIT_SECONDS:g} seconds",
                hint="it will do so after its current update",
            )
        time.sleep(0.05)


def _told(folder: Path) -> str:
    record = read_record(folder)
    update = last_snapshot(record)
    latest = "" if update is None else f"; snapshot of update {update:,}"
    return f"{folder}: {record.get('status')}{latest}"
