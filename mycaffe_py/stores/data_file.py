"""Reading a file at any place without mapping it into memory.

A mapped file that is cut short, or on a drive that goes away, kills the process that reads it. Here each of
these is an error.
"""

from __future__ import annotations

import os
import stat
import threading
import weakref
from pathlib import Path

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.reading import broken_link

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class DataFile:
    """A regular file, open for reading: by several threads, and after a fork, since it has no position.

    It is closed when it is no longer used. ``what`` describes it in errors. Raises MissingFileError if there is
    no such file, and DataError for anything but a file that can be read.
    """

    def __init__(self, path: str | os.PathLike[str], what: str):
        self.path, self.what = Path(path), what
        self._lock = threading.Lock()
        try:
            # Looked at first: opening a device may already do something.
            self._require_regular(os.stat(path))
            number = os.open(path, _FLAGS)
        except FileNotFoundError as error:
            link = broken_link(path)
            raise MissingFileError(
                f"{path} {f'is {link}' if link else 'does not exist'}"
            ) from error
        except OSError as error:
            raise self._unreadable(error) from error
        self._number = number
        weakref.finalize(self, os.close, number).atexit = False
        self._require_regular(os.fstat(number))

    def _require_regular(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            kind = "folder" if stat.S_ISDIR(found.st_mode) else "pipe or a device"
            raise DataError(
                f"{self.path} is a {kind}, not a file: it cannot be read as {self.what}"
            )

    def _unreadable(self, error: OSError) -> DataError:
        return DataError(f"cannot read {self.what} {self.path}: {error.strerror or error}")

    @property
    def size(self) -> int:
        """The bytes that the file has now."""
        return os.fstat(self._number).st_size

    def read(self, place: int, size: int) -> bytes:
        """Return ``size`` bytes from ``place`` on; fewer if the file ends before. Raises DataError."""
        try:
            data = self._read(place, size)
            while len(data) < size:  # some network drives give less than is there
                more = self._read(place + len(data), size - len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise self._unreadable(error) from error
        return data

    def _read(self, place: int, size: int) -> bytes:
        return os.pread(self._number, size, place)

    def _seek_and_read(self, place: int, size: int) -> bytes:
        with self._lock:
            os.lseek(self._number, place, os.SEEK_SET)
            return os.read(self._number, size)

    if not hasattr(os, "pread"):  # Windows, where there is no fork either
        _read = _seek_and_read
