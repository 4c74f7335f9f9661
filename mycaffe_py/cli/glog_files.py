"""Log files by glog's rules: one for each severity, with a link to the newest.

``PROGRAM.HOST.USER.log.SEVERITY.YYYYMMDD-HHMMSS.PID`` has the messages of a severity and above, and is made with
the first of them; ``PROGRAM.SEVERITY`` is a link to it. No file of anybody is replaced, nor a link to another file.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TextIO

from mycaffe_py.file_names import shortened

from .glog_flags import SEVERITIES

_MOST_NAME = 60


def _plain(text: str) -> str:
    """Return a name as part of a file's name: no separators of folders, nothing that cannot be seen."""
    return re.sub(r"[^\w.@-]", "_", text, flags=re.ASCII)[:_MOST_NAME]


class LogFiles:
    """The log files of a program in a folder; ``complain`` is told once what cannot be written."""

    def __init__(
        self, folder: str, program: str, complain: Callable[[str], None], *, link: str = ""
    ):
        self._folder, self._link = Path(folder), link
        self.program = _plain(program) or "mycaffe"
        self._complain: Callable[[str], None] | None = complain
        self._files: dict[int, TextIO] = {}
        self._lock = threading.Lock()
        self._started = datetime.now()

    def write(self, severity: int, line: str) -> None:
        """Write a message with its prefix to the files of its severity and of those below."""
        with self._lock:
            for each in range(severity, -1, -1):
                if self._complain is None:
                    return
                try:
                    file = self._files.get(each) or self._open(each)
                    file.write(f"{line}\n")
                    file.flush()
                except OSError as error:
                    self._give_up(error)

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for file in self._files.values():
                with suppress(OSError):  # what did not fit was reported
                    file.close()
            self._files, self._complain = {}, None

    def _give_up(self, error: OSError) -> None:
        complain, self._complain = self._complain, None
        if complain is None:
            return
        what = error.strerror or str(error)
        hint = "" if self._folder.is_dir() else "; the folder must exist: it is not made"
        complain(f"the log cannot be written to {self._folder}: {what}{hint}; it goes on without")

    def _open(self, severity: int) -> TextIO:
        host, user = _plain(socket.gethostname()) or "(unknown)", _plain(_user()) or "invalid-user"
        base = f"{self.program}.{host}.{user}.log.{SEVERITIES[severity]}."
        path = self._folder / f"{shortened(base)}{self._started:%Y%m%d-%H%M%S}.{os.getpid()}"
        # Mode x, as glog's O_EXCL: an existing file, or what a link leads to, is never written to.
        file = path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n")
        self._files[severity] = file
        file.write(
            f"Log file created at: {self._started:%Y/%m/%d %H:%M:%S}\n"
            f"Running on machine: {host}\n"
            "Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg\n"
        )
        name = f"{self.program}.{SEVERITIES[severity]}"
        self._point(self._folder / name, path.name, severity)
        if self._link:
            self._point(Path(self._link) / name, os.path.abspath(path), severity)
        return file

    def _point(self, link: Path, target: str, severity: int) -> None:
        """Make a link, or let one of ours point to another file; what else has the name stays."""
        temporary = link.with_name(f".{link.name}.{os.getpid()}")
        with suppress(OSError, NotImplementedError):  # systems without links, another's folder
            if os.path.lexists(link) and not self._is_ours(link, severity):
                return
            os.symlink(target, temporary)
            try:
                os.replace(temporary, link)
            except OSError:
                os.unlink(temporary)

    def _is_ours(self, link: Path, severity: int) -> bool:
        if not link.is_symlink():
            return False
        leads_to = os.path.basename(os.readlink(link))
        return (
            leads_to.startswith(f"{self.program}.") and f".log.{SEVERITIES[severity]}." in leads_to
        )


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or ""
