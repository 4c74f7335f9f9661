"""Effects of Ctrl-C, SIGTERM and SIGHUP on a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

EFFECTS = ("stop", "snapshot", "none")


class SignalEffects:
    """Turns signals into requests to the solver; a second signal to stop raises KeyboardInterrupt."""

    def __init__(
        self,
        solver: Any,
        log: Callable[[str], None],
        *,
        sigint: str = "stop",
        sighup: str = "snapshot",
    ):
        self._solver, self._log = solver, log
        self._effects = {"SIGINT": sigint, "SIGTERM": "stop", "SIGHUP": sighup}
        self.stopped_by: str | None = None
        self.at_once = False

    def _handle(self, number: int, frame: Any) -> None:
        name = signal.Signals(number).name
        effect = self._effects[name]
        if effect == "snapshot":
            self._solver.request("snapshot")
        elif effect == "stop":
            if self.stopped_by is not None:
                self.at_once = True
                raise KeyboardInterrupt
            self.stopped_by = name
            self._solver.request("stop")
            self._log(f"{name}: stopping after this step with a snapshot; repeat to stop at once")

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Context in which the signals are handled; has no effect outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = [name for name in self._effects if hasattr(signal, name)]
        before = {name: signal.getsignal(getattr(signal, name)) for name in names}
        for name in names:
            signal.signal(getattr(signal, name), self._handle)
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler or signal.SIG_DFL)
