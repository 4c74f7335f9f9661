"""Signals that end a verb, with the same clean-up as Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")  # the second is not on Windows, the third only there


@contextmanager
def ending_cleanly() -> Iterator[None]:
    """Make SIGTERM, SIGHUP and SIGBREAK interrupt, so that nothing half-written is left, unless they are handled."""
    known = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    own = threading.current_thread() is threading.main_thread()
    taken = [number for number in known if own and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
