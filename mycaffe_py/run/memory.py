"""How much memory this process takes."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

_MEGABYTE = 1e6


def resident_megabytes() -> float | None:
    """Return the memory of this process now, in MB (millions of bytes); None where the system does not tell."""
    if sys.platform == "win32":
        return _on_windows()[0]
    with suppress(OSError, ValueError, IndexError):
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE
    return None


def peak_megabytes() -> float | None:
    """Return the most memory that this process has taken, in MB; None where the system does not tell."""
    if sys.platform == "win32":
        return _on_windows()[1]
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / _MEGABYTE


if sys.platform == "win32":
    import ctypes

    class _Counters(ctypes.Structure):
        _fields_ = [
            ("cb", ctypes.c_ulong),
            ("page_faults", ctypes.c_ulong),
            ("peak", ctypes.c_size_t),
            ("now", ctypes.c_size_t),
            ("further", ctypes.c_size_t * 6),
        ]

    def _on_windows() -> tuple[float | None, float | None]:
        counters = _Counters()
        counters.cb = ctypes.sizeof(counters)
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        process = ctypes.c_void_p(kernel.GetCurrentProcess())
        if not kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb):
            return None, None
        return counters.now / _MEGABYTE, counters.peak / _MEGABYTE
