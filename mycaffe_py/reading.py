"""Reading a file's bytes without ever waiting, and no more of them than make sense.

Only regular files are read: a device such as ``/dev/zero`` never ends, a pipe or a socket may never begin. Pipes that
were typed on the command line are read if something writes to them, as ``<(command)`` of a shell is.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterable

from .errors import ConfigError

MOST_BYTES = 1 << 34
"""The most bytes of a file that are read at once, 16 GiB, where no smaller number is asked for."""
_CHUNK = 1 << 24
_LARGE = 1 << 26
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_SIZE = r"([0-9]+(?:\.[0-9]+)?) *([KMGT]?)(?:i?B)?"
_typed: set[str] = set()
_KEPT = 1 << 26
_piped: dict[tuple[str, int, int], bytes] = {}
"""What typed pipes gave, up to 64 MiB each: some commands read a file more than once, a pipe gives it once."""


def allow_pipes(words: Iterable[str]) -> None:
    """Let pipes among the words of a command line be read; a file that is read cannot name another one."""
    for word in words:
        _typed.update((word, word.partition("=")[2]))


def read_bytes(path: str | os.PathLike[str], most: int = MOST_BYTES) -> bytes:
    """Return the content of a regular file, or of a pipe that was typed and that something writes to.

    Raises OSError, as ``Path.read_bytes`` does, also for anything else, for a broken link and for more than ``most``
    bytes.
    """
    try:
        # Looked at first: to open a device may already do something.
        is_pipe = _refuse_other_kinds(path, os.stat(path))
        number = os.open(path, _FLAGS)
    except OSError as error:
        link = broken_link(path) if error.errno in (errno.ENOENT, errno.ELOOP) else ""
        if not link:
            raise
        raise OSError(errno.ELOOP, f"it is {link}") from error
    with open(number, "rb") as file:
        found = os.fstat(number)
        _refuse_other_kinds(path, found)
        _refuse_large(found.st_size, most)
        if not is_pipe:
            _refuse_holes(number, found.st_size)
        if is_pipe:
            os.set_blocking(number, True)
        # A file may have more than it says, as those of /proc do, and as one that is written meanwhile.
        parts, size, wanted = [], 0, found.st_size or _CHUNK
        while part := file.read(min(wanted, most + 1 - size)):
            parts.append(part)
            size, wanted = size + len(part), _CHUNK
            _refuse_large(size, most)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
    return _from_pipe(path, found, data) if is_pipe else data


def _from_pipe(path: str | os.PathLike[str], found: os.stat_result, data: bytes) -> bytes:
    """Return what a pipe gave now, or else what it gave before; raise OSError if that is nothing."""
    pipe = (os.fspath(path), found.st_dev, found.st_ino)
    if data and len(data) <= _KEPT:
        _piped[pipe] = data
    data = data or _piped.get(pipe, b"")
    if not data:
        raise OSError(errno.EPIPE, "it is a named pipe, and nothing writes to it")
    return data


def _refuse_other_kinds(path: str | os.PathLike[str], found: os.stat_result) -> bool:
    """Raise OSError for what is not read; return whether it is a pipe."""
    mode = found.st_mode
    if stat.S_ISREG(mode):
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISFIFO(mode):
        kind = "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise OSError(errno.EINVAL, f"it is {kind}, not a file")
    if not _was_typed(os.fspath(path)):
        raise OSError(errno.EINVAL, "it is a named pipe, not a file")
    return True


def _was_typed(path: str) -> bool:
    """Whether a path is a word of the command line, the program's own or the one that was read."""
    return path in _typed or any(path in (word, word.partition("=")[2]) for word in sys.argv[1:])


def _refuse_large(size: int, most: int) -> None:
    if size > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes, the most that are read")


def _refuse_holes(number: int, size: int) -> None:
    """Refuse a large file of which almost nothing is on the disk: whoever sends it sends a few bytes."""
    if size <= _LARGE or not hasattr(os, "SEEK_DATA"):
        return
    stored = at = 0
    try:
        while at < size and 100 * stored < size:
            start = os.lseek(number, at, os.SEEK_DATA)
            at = os.lseek(number, start, os.SEEK_HOLE)
            stored += at - start
    except OSError as error:
        if error.errno != errno.ENXIO:  # no more data; a file system that cannot tell has no holes
            return
    finally:
        os.lseek(number, 0, os.SEEK_SET)
    if 100 * stored < size:
        raise OSError(
            errno.EFBIG, f"of its {size:,} bytes only {stored:,} are stored: the others are holes"
        )


def size_setting(name: str) -> int | None:
    """Return the bytes that an environment variable says, as ``2G``; None if it is not set, ConfigError for no size."""
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    found = re.fullmatch(_SIZE, text, re.IGNORECASE)
    if found is None:
        raise ConfigError(f'{name} is "{text}", which is no size', hint=f"for example {name}=2G")
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " "))


def link_target(path: str | os.PathLike[str]) -> str | None:
    """Return where a symbolic link leads, if nothing is there; None for anything else."""
    if os.path.islink(path) and not os.path.exists(path):
        return os.readlink(path)
    return None


def broken_link(path: str | os.PathLike[str]) -> str:
    """Return ``a link to TARGET, which does not exist``, for messages; "" if the path is no such link."""
    target = link_target(path)
    return "" if target is None else f"a link to {target}, which does not exist"
