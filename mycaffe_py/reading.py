"""Reading a file's bytes without ever waiting: a named pipe that nothing writes to is an error, not a pause."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file, or of a pipe that something writes to, as ``<(command)`` of a shell is.

    Raises OSError, as ``Path.read_bytes`` does, also for a named pipe without a writer and for a broken link.
    """
    try:
        if not stat.S_ISFIFO(os.stat(path).st_mode):
            return Path(path).read_bytes()
    except OSError as error:
        link = broken_link(path) if error.errno in (errno.ENOENT, errno.ELOOP) else ""
        if not link:
            raise
        raise OSError(errno.ELOOP, f"it is {link}") from error
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as pipe:
        os.set_blocking(pipe.fileno(), True)
        data = pipe.read()
    if not data:
        raise OSError(errno.EPIPE, "it is a named pipe, and nothing writes to it")
    return data


def link_target(path: str | os.PathLike[str]) -> str | None:
    """Return where a symbolic link leads, if nothing is there; None for anything else."""
    if os.path.islink(path) and not os.path.exists(path):
        return os.readlink(path)
    return None


def broken_link(path: str | os.PathLike[str]) -> str:
    """Return ``a link to TARGET, which does not exist``, for messages; "" if the path is no such link."""
    target = link_target(path)
    return "" if target is None else f"a link to {target}, which does not exist"
