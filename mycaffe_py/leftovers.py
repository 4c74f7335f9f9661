"""What killed processes left of files and folders that they were writing."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import suppress

from .durable import HIDDEN, LOCK
from .file_locks import try_lock

_DAY, _MINUTE = 86_400.0, 60.0


def remove_leftovers(folder: str | os.PathLike[str]) -> None:
    """Remove the hidden files and folders in ``folder`` that no process writes any more; never raises.

    Where a file system has no locks, those that were not written for a day.
    """
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if HIDDEN.fullmatch(entry.name):
                with suppress(OSError):
                    if entry.is_file(follow_symlinks=False):
                        _remove_file(entry.path)
                    elif entry.is_dir(follow_symlinks=False):
                        _remove_folder(entry.path)


def _remove_file(path: str) -> None:
    if _is_left_over(path):
        os.unlink(path)


def _remove_folder(path: str) -> None:
    try:
        left_over = _is_left_over(os.path.join(path, LOCK))
    except FileNotFoundError:
        os.rmdir(path)  # if it is empty: it may be about to be renamed
        return
    if left_over:
        shutil.rmtree(path)


def _is_left_over(path: str) -> bool:
    """Whether nobody writes this file any more; raises OSError."""
    number = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        status = os.fstat(number)
        age = time.time() - status.st_mtime
        if not stat.S_ISREG(status.st_mode):
            return False
        try:
            # On Windows a file is not locked for the moment between its last byte and its new name.
            return try_lock(number, shared=False) and (sys.platform != "win32" or age > _MINUTE)
        except OSError:
            return age > _DAY
    finally:
        os.close(number)
