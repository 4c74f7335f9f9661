"""Running ``mycaffe`` verbs as processes whose end is waited for, and which end with the server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .faults import Fault
from .training import MYCAFFE, environment, own_session, plugin_options


class Done(NamedTuple):
    """How a command ended."""

    code: int
    printed: str
    said: str


class Commands:
    """Runs verbs with the server's plugins, from any thread."""

    def __init__(self, plugins: Sequence[str]):
        self.plugins = plugin_options(plugins)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def options(self, arguments: Sequence[str], last: Sequence[str] = ()) -> list[str]:
        """Return the verb and its options, with those for the plugins before ``last``."""
        return [*arguments, *self.plugins, *last]

    def run(
        self, options: Sequence[str], *, folder: Path | None = None, longest: float | None = None
    ) -> Done:
        """Run ``mycaffe OPTIONS`` in a folder; one that takes longer than ``longest`` seconds is ended and refused."""
        with self._lock:
            if self._closed:
                raise Fault(503, "the Designer is ending")
            process = subprocess.Popen(
                [*MYCAFFE, *options],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(),
                **own_session(),
            )
            self._running.add(process)
        try:
            printed, said = process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Fault(
                422, f"mycaffe {options[0]} took more than {longest:.0f} seconds and was ended"
            ) from None
        finally:
            with self._lock:
                self._running.discard(process)
        if self._closed:
            raise Fault(503, "the Designer is ending")
        return Done(
            process.returncode, *(part.decode("utf-8", "replace") for part in (printed, said))
        )

    def close(self) -> None:
        """End all commands; later ones are refused."""
        with self._lock:
            self._closed = True
            for process in self._running:
                with suppress(OSError):
                    process.kill()
