"""Files and folders that are there after a power failure, completely or not at all.

Each begins under a hidden name, ``.NAME.<16 hexadecimal digits>.tmp``. While its process writes, it holds a lock on it,
so any other process can tell what is left over (``leftovers.py``).
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .file_locks import try_lock

_WINDOWS = sys.platform == "win32"
HIDDEN = re.compile(r"\..{1,40}\.[0-9a-f]{16}\.tmp", re.DOTALL)
"""What :func:`hidden_name` returns."""
LOCK = "writing.lock"
"""The file in a hidden folder that is locked while it is filled."""
_PAUSES = (0.01, 0.03, 0.1, 0.3, 0.6)
# What file systems say that have nothing to be flushed for a folder.
_NO_SYNC = {errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOSYS}
_NO_SYNC |= {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY}


def hidden_name(path: Path) -> Path:
    """Return a new name beside ``path`` for what will be renamed to it."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tmp")


# Flushing to the disk.


def sync_file(number: int) -> None:
    """Wait until what was written to an open file is on the disk; raises OSError."""
    if sys.platform == "darwin":  # fsync() leaves it in the drive's cache there
        import fcntl

        with suppress(OSError):  # a file system without it
            fcntl.fcntl(number, fcntl.F_FULLFSYNC)
            return
    os.fsync(number)


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Wait until a folder's names are on the disk, where the system can do that: not on Windows. Raises OSError."""
    if _WINDOWS:
        return
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno in _NO_SYNC:  # a folder that may be written but not read
            return
        raise
    try:
        sync_file(number)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(number)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and wait until they are on the disk; raises OSError."""
    missing = [place for place in (folder, *folder.parents) if not os.path.lexists(place)]
    folder.mkdir(parents=True, exist_ok=True)
    sync_names(missing)


def sync_names(paths: list[Path]) -> None:
    """Wait until the names of files and folders are on the disk, each in its folder; raises OSError."""
    for folder in dict.fromkeys(path.parent for path in paths):
        sync_folder(folder)


# Writing under a hidden name.


@contextmanager
def replacing(path: Path, *, to_disk: bool) -> Iterator[BinaryIO]:
    """Give a new file that takes the place of ``path`` when the block ends, and is removed if it fails.

    ``to_disk``: content and name are on the disk then, in this order. Raises OSError.
    """
    temporary, file = _new_file(path)
    try:
        with file:
            yield file
            file.flush()
            if to_disk:
                sync_file(file.fileno())
            if not _WINDOWS:  # where an open file cannot be renamed
                os.replace(temporary, path)
        if _WINDOWS:
            _replace_on_windows(temporary, path, patient=to_disk)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if to_disk:
        sync_folder(path.parent)


def _replace_on_windows(temporary: Path, path: Path, *, patient: bool) -> None:
    """Rename; if ``patient``, for a second where a program has one of the files open, as virus scanners do at once."""
    for pause in _PAUSES if patient else ():
        try:
            os.replace(temporary, path)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    os.replace(temporary, path)


def _new_file(path: Path) -> tuple[Path, BinaryIO]:
    for left in range(9, -1, -1):
        temporary = hidden_name(path)
        # Not tempfile: its files are readable only by their owner.
        file = open(temporary, "xb")  # noqa: SIM115 (the caller closes it)
        try:
            if _is_held(file.fileno(), temporary) or not left:
                break
        except BaseException:
            file.close()
            with suppress(OSError):
                temporary.unlink()
            raise
        file.close()  # taken for a leftover before it was locked
    return temporary, file


def _is_held(number: int, path: Path) -> bool:
    """Lock a new file; return False if another process was faster and removes it."""
    try:
        if not try_lock(number, shared=False):
            return False
    except OSError:
        return True  # no locks here: then nobody removes it before it is a day old
    try:
        return os.path.samestat(os.stat(path), os.fstat(number))
    except FileNotFoundError:
        return False


class HiddenFolder:
    """A new folder beside ``target``, to be filled; then :meth:`publish` renames it, or :meth:`discard` removes it.

    Missing folders above it are made. Raises OSError.
    """

    def __init__(self, target: Path):
        self.target = target
        make_folder(target.parent)
        while True:
            self.path = hidden_name(target)
            self.path.mkdir()
            try:
                self._lock = open(self.path / LOCK, "xb")  # noqa: SIM115 (open as long as the folder is hidden)
                break
            except FileNotFoundError:
                continue  # taken for a leftover while it was empty
            except BaseException:
                self.path.rmdir()
                raise
        with suppress(OSError):  # no locks here
            try_lock(self._lock.fileno(), shared=False)

    def publish(self) -> None:
        """Rename the folder, whose files are on the disk, and wait until its names are too."""
        if _WINDOWS:  # where an open file can be neither removed nor moved
            self._lock.close()
        (self.path / LOCK).unlink()
        sync_folder(self.path)
        os.rename(self.path, self.target)
        try:
            self._lock.close()
            sync_folder(self.target.parent)
        except BaseException:
            with suppress(OSError):
                os.rename(self.target, self.path)
            raise

    def discard(self) -> None:
        """Remove the folder, unless it was renamed; never raises."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)
