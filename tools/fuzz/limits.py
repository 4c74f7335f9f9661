"""Seconds of computing and bytes of memory that a case may take."""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOM = 4
"""How many times its memory a process may ask for, most of which may never be used."""


@dataclass(frozen=True)
class Limits:
    """``seconds`` of computing, bytes of ``memory`` beyond what the process has, and seconds by the clock."""

    seconds: float = 5.0
    memory: int = 1 << 30
    patience: float = 60.0
    """Much longer than ``seconds``, since other programs compute too; for what waits."""


def bound(limits: Limits, log: Any) -> None:
    """Let this process die, with its traceback in the open file ``log``, when it computes too long or crashes."""
    import resource  # not on Windows, where the limits are not imposed

    faulthandler.enable(log)
    faulthandler.register(signal.SIGPROF, log, all_threads=True, chain=True)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = size + ROOM * limits.memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@contextmanager
def timed(limits: Limits) -> Iterator[None]:
    """Count the seconds of a case; see :func:`bound`."""
    signal.setitimer(signal.ITIMER_PROF, limits.seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class Peak:
    """The most memory that this process has used since this was made."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak
        self._before = _highest()

    def grown(self) -> int:
        """Return how many bytes more it was than at the beginning."""
        return _highest() - self._before


def _highest() -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) << 10
