"""Checks whether an array fits into memory before it is allocated.

Linux grants more memory than there is and kills the process when it is used; an error can be explained.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from mycaffe_py.errors import OutOfMemoryError

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


def out_of_memory(message: str) -> OutOfMemoryError:
    """Return the error, with a hint on what to do."""
    return OutOfMemoryError(message, hint=_HINT)


def in_words(size: int) -> str:
    """Format a number of bytes in GiB, MiB or KiB."""
    if size < 2**20:
        return f"{size / 2**10:.1f} KiB"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def free_memory() -> int | None:
    """Return how many bytes the process can still allocate, within a container's limit; None if unknown."""
    known = [_free(), *map(_limit, _LIMITS)]
    return min((size for size in known if size is not None), default=None)


def _free() -> int | None:
    with suppress(OSError):
        found = dict(re.findall(r"(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text()))
        if "MemAvailable" in found:
            return (int(found["MemAvailable"]) + int(found.get("SwapFree", 0))) << 10
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _limit(path: str) -> int | None:
    with suppress(OSError, ValueError):
        return int(Path(path).read_text())
    return None
