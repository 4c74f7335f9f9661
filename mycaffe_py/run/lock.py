"""run.lock: held by the process of a run for as long as it lives, so that any other process can tell."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

from mycaffe_py.durable import sync_file
from mycaffe_py.errors import OutputError
from mycaffe_py.file_locks import try_lock

from .reading import of_kinds, parse

FILE_NAME = "run.lock"
_held: set[str] = set()
"""The run folders of this process: on some network file systems a process does not see its own locks."""


class RunLock:
    """The lock of a run folder, from its creation to :meth:`release`; the system frees it if the process dies.

    A file system may have no locks: then run.lock names the process, and :func:`is_alive` looks for that.
    Raises OutputError if the file cannot be written, or if another process holds the lock.
    """

    def __init__(self, folder: Path):
        self.path = folder / FILE_NAME
        self._key = os.path.realpath(folder)
        try:
            self._number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error
        self._close = weakref.finalize(self, _forget, self._number, self._key)
        try:
            locked = self._acquire()
            text = json.dumps(this_process() | {"locked": locked}) + "\n"
            os.ftruncate(self._number, 0)
            os.write(self._number, text.encode())
            sync_file(self._number)  # after a power failure it still says whose it was
        except OSError as error:
            self._close()
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error
        except OutputError:
            self._close()
            raise
        _held.add(self._key)

    def _acquire(self) -> bool:
        """Return whether the file system has locks and this one is now held."""
        # is_alive() of another process holds a shared lock for an instant.
        for _ in range(100):
            try:
                if try_lock(self._number, shared=False):
                    return True
            except OSError:
                return False
            time.sleep(0.01)
        raise OutputError(f"{self.path} is locked: another process trains in this folder")

    def release(self) -> None:
        """Remove the file and free the lock; a second call has no effect."""
        if not self._close.alive:
            return
        if sys.platform == "win32":  # a file that is open cannot be removed
            self._close()
            with suppress(OSError):
                self.path.unlink()
            return
        with suppress(OSError):
            self.path.unlink()
        self._close()


def _forget(number: int, key: str) -> None:
    _held.discard(key)
    os.close(number)


def is_alive(folder: Path | str) -> bool:
    """Whether the process of the run in ``folder`` still exists: whether its lock is held.

    A copied folder is not alive. Where the file system has no locks, a process counts only on the computer
    that it runs on.
    """
    if os.path.realpath(folder) in _held:
        return True
    try:
        number = _open(folder)
    except OSError:
        return False
    try:
        owner = _owner(number)
        if owner.get("locked") is False:
            return process_lives(owner)
        return not try_lock(number, shared=True)
    except OSError:
        return process_lives(owner)
    finally:
        os.close(number)


def owner_of(folder: Path | str) -> dict[str, Any]:
    """Return what :func:`this_process` said of the process that made a run's lock file; empty if that is not known."""
    try:
        number = _open(folder)
    except OSError:
        return {}
    try:
        return _owner(number)
    finally:
        os.close(number)


def _open(folder: Path | str) -> int:
    """Open a run's lock file, without waiting if it is a pipe; raises OSError."""
    mode = os.O_RDWR if sys.platform == "win32" else os.O_RDONLY | os.O_NONBLOCK
    return os.open(Path(folder) / FILE_NAME, mode)


def _owner(number: int) -> dict[str, Any]:
    try:
        return of_kinds(parse(os.read(number, 4096)), {})
    except OSError:
        return {}


def this_process() -> dict[str, Any]:
    """Return what identifies this process: its number, its computer, and when it started, where that is known."""
    number = os.getpid()
    return {"process": number, "host": platform.node(), "started": _start_of(number)}


def process_lives(owner: dict[str, Any]) -> bool:
    """Whether the process that :func:`this_process` described exists; False on any other computer."""
    number = owner.get("process")
    if not isinstance(number, int) or number <= 0 or owner.get("host") != platform.node():
        return False
    # The number of a dead process is given to another one sooner or later.
    return _exists(number) and owner.get("started") == _start_of(number)


def _start_of(number: int) -> str | None:
    """Return when a process started, as a text to be compared; None where that is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        text = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    if fields[0] in "ZX":  # it has ended; nobody has asked for its exit code yet
        return None
    return f"{boot} {fields[19]}"


def _exists(number: int) -> bool:
    if sys.platform == "win32":
        return _exists_on_windows(number)
    try:
        os.kill(number, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _exists_on_windows(number: int) -> bool:
    import ctypes

    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 (there is none on other systems)
    query, running = 0x1000, 259
    handle = kernel.OpenProcess(query, False, number)
    if not handle:
        return False
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return bool(known) and code.value == running
