"""Effects of Ctrl-C, SIGTERM and SIGHUP on a run, and on Windows of Ctrl-Break and of closing the window (SIGBREAK)."""

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
        self._effects = {"SIGINT": sigint, "SIGTERM": "stop", "SIGHUP": sighup, "SIGBREAK": "stop"}
        self._names = {
            getattr(signal, name): name for name in self._effects if hasattr(signal, name)
        }
        self.stopped_by: str | None = None
        self.at_once = False
        self.training = True
        """False when only the last files are to be written: then Ctrl-C does not wait for them, and SIGHUP does."""

    def _handle(self, number: int, frame: Any) -> None:
        name = self._names[number]
        effect = self._effects[name]
        if not self.training:
            if name == "SIGHUP":
                return
            raise KeyboardInterrupt
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
        """Context in which the signals are handled; has no effect outside the main thread.

        A SIGHUP that is ignored, as nohup arranges it, stays so.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = [name for name in self._effects if hasattr(signal, name)]
        before = {name: signal.getsignal(getattr(signal, name)) for name in names}
        if before.get("SIGHUP") is signal.SIG_IGN:
            names.remove("SIGHUP")
        for name in names:
            signal.signal(getattr(signal, name), self._handle)
        try:
            yield
        finally:
            for name in names:
                signal.signal(getattr(signal, name), before[name] or signal.SIG_DFL)
