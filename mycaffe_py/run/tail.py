"""Reading what was appended to a file since the last time."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_CHUNK = 1 << 20
_LONGEST = 1 << 26
"""Bytes of a line; one that is longer is none of a run's."""


class Tail:
    """Reads a file of lines that another process writes; :attr:`head` is its first line.

    Only whole lines are returned: the end of a line that is being written comes the next time. If the file was
    replaced, which its first line shows, or has become shorter, reading starts anew, and :attr:`anew` is true
    for the first call that returns lines of the new file. A file that does not exist (yet) has no lines.
    """

    def __init__(self, path: Path, *, header: bool = True):
        self.path, self._header = path, header
        self.head = b""
        self.anew = False
        self._offset = 0
        self._seen: tuple[int, int, int] | None = None
        self._returned = False

    def read(self) -> bytes:
        """Return the next whole lines, about a megabyte at most; empty if there are none.

        The first line is among them unless it is a header.
        """
        if self._returned:
            self.anew = self._returned = False
        try:
            status = os.stat(self.path)
            if not stat.S_ISREG(status.st_mode):  # reading a pipe may wait for ever
                return b""
            seen = (status.st_size, status.st_mtime_ns, status.st_ino)
            if seen == self._seen or not stat.S_ISREG(status.st_mode):
                return b""
            with open(self.path, "rb") as file:
                if not self._same_head(file.read(len(self.head)), status.st_size):
                    self.head, self._offset, self.anew = b"", 0, True
                if not self.head:
                    file.seek(0)
                    first = file.readline(_LONGEST)
                    if not first.endswith(b"\n"):
                        return b""
                    self.head, self._offset = first, len(first) if self._header else 0
                file.seek(self._offset)
                found = file.read(_CHUNK)
                whole = found[: found.rfind(b"\n") + 1]
                if not whole and len(found) == _CHUNK:
                    whole = found + file.readline(_LONGEST)
                    whole = whole if whole.endswith(b"\n") else b""
        except OSError:
            return b""
        self._offset += len(whole)
        if len(found) < _CHUNK:
            # The status may be older than what was read: then the next call looks once more.
            self._seen = seen
        self._returned = bool(whole)
        return whole

    def _same_head(self, now: bytes, size: int) -> bool:
        return now == self.head and size >= self._offset
