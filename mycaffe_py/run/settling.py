"""Runs whose process was killed: whoever comes next corrects their records and removes their unfinished files."""

from __future__ import annotations

import json
import os
import platform
import stat
from contextlib import suppress
from pathlib import Path

from mycaffe_py.errors import OutputError
from mycaffe_py.leftovers import remove_leftovers
from mycaffe_py.weights.atomic import atomic_write

from .directory import numbered_folders
from .lock import FILE_NAME as LOCK_NAME, is_alive, owner_of, process_lives
from .reading import read_fields
from .record import FILE_NAME, lost, plain


def settle_neighbours(folder: Path) -> None:
    """Settle the other numbered runs beside a run's folder; never raises."""
    with suppress(OSError):
        for run in numbered_folders(folder.parent):
            if run.name != folder.name:
                settle(run)


def settle(folder: Path) -> None:
    """If the run in ``folder`` was killed, say so in run.json and remove what was being written; never raises.

    Only for runs of this computer: whether a process of another one lives cannot be told. What is not an ordinary
    file, or may not be written, stays as it is.
    """
    with suppress(
        OSError, OutputError, ValueError
    ):  # ValueError: the path contains a null character
        lock = folder / LOCK_NAME
        if not _is_ordinary(lock) or is_alive(folder):
            return
        owner = owner_of(folder)
        if owner.get("host") != platform.node() or process_lives(owner):
            return
        remove_leftovers(folder)
        record = folder / FILE_NAME
        if _is_ordinary(record):
            fields = read_fields(record, {})
            if fields.get("status") == "running":
                text = json.dumps(plain(fields | lost(fields)), indent=2, allow_nan=False) + "\n"
                atomic_write(record, text)
        lock.unlink()


def _is_ordinary(path: Path) -> bool:
    """Whether this is a file, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
