"""Checks whether an array fits into memory before it is allocated.

Linux grants more memory than there is and kills the process when it is used; an error can be explained.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from mycaffe_py.errors import OutOfMemoryError
from mycaffe_py.reading import size_setting

SETTING = "MYCAFFE_MEMORY"
"""Names the environment variable with the most memory that the process may take: bytes, or with K, M, G or T."""
_WORTH_ASKING = 1 << 28
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_HINT = "make the net, the batch or a window smaller"


def require_memory(size: int, what: str) -> None:
    """Raise OutOfMemoryError if ``what`` needs more bytes of host memory than are free."""
    if size < _WORTH_ASKING:
        return
    free = free_memory()
    if free is not None and size > free:
        raise out_of_memory(
            f"{what} needs {in_words(size)} of memory, but only {in_words(free)} is free"
        )


def require_memory_for_file(path: str | os.PathLike[str]) -> None:
    """Raise OutOfMemoryError if a file is larger than the memory that is free; whatever it is, or is not."""
    try:
        size = os.stat(path).st_size
    except (OSError, ValueError):
        return
    require_memory(size, f"the content of {os.fspath(path)}")


class MemoryTally:
    """Adds up what the blobs of a net need, so that together they fit, before the first is made.

    The system grants each of them alone, since an array of zeros takes memory only when it is written.
    """

    def __init__(self) -> None:
        self._total = 0
        self._free: int | None = None

    def add(self, size: int, what: str) -> None:
        """Count ``size`` bytes of ``what``; raise OutOfMemoryError if it and all before it are more than were free."""
        before, self._total = self._total, self._total + size
        if self._total < _WORTH_ASKING:
            return
        if before < _WORTH_ASKING:
            self._free = free_memory()
        free = self._free
        if free is not None and self._total > free:
            self._free = None  # to be said once
            whole = f" ({in_words(before + size)} with the blobs before it)" if before >> 20 else ""
            raise out_of_memory(
                f"{what} needs {in_words(size)} of memory{whole}, but only {in_words(free)} is free"
            )


def out_of_memory(message: str) -> OutOfMemoryError:
    """Return the error, with a hint on what to do."""
    return OutOfMemoryError(message, hint=_HINT)


def in_words(size: int) -> str:
    """Format a number of bytes in GiB, MiB or KiB."""
    if size < 2**20:
        return f"{size / 2**10:.1f} KiB"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def free_memory() -> int | None:
    """Return how many bytes the process can still allocate; None if unknown.

    What counts is what the machine has free, the limits of a container and of the shell, and MYCAFFE_MEMORY. Raises
    ConfigError if the last is no size.
    """
    known = [
        _free(),
        *map(_limit, _LIMITS),
        _left(_address_space(), 0),
        _left(size_setting(SETTING), 1),
    ]
    return min((size for size in known if size is not None), default=None)


def _free() -> int | None:
    with suppress(OSError):
        found = dict(re.findall(r"(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text()))
        if "MemAvailable" in found:
            return (int(found["MemAvailable"]) + int(found.get("SwapFree", 0))) << 10
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _address_space() -> int | None:
    """Return the most bytes of addresses that the process may have, as ``ulimit -v`` sets it; None without a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def _left(limit: int | None, column: int) -> int | None:
    """Return what is left of a limit; ``column`` of /proc/self/statm is what counts against it."""
    if limit is None:
        return None
    taken = 0
    with suppress(OSError, AttributeError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text().split()[column]
        taken = int(pages) * os.sysconf("SC_PAGE_SIZE")
    return max(0, limit - taken)


def _limit(path: str) -> int | None:
    with suppress(OSError, ValueError):
        return int(Path(path).read_text())
    return None
