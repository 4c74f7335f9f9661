"""Requests to a run by a file in its folder: any process can make them, on any system."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mycaffe_py.errors import ConfigError, OutputError
from mycaffe_py.events.events import Event, TrainingEnded, TrainingStarted
from mycaffe_py.weights.nearby import runs_hint

from .dispatch import TimedObserver
from .lock import is_alive
from .record import read_record
from .replacing import replace_file

ASKS = ("stop", "snapshot")


def ask_run(folder: Path | str, what: str) -> None:
    """Ask the run in ``folder`` for ``what``: ``stop`` (after a snapshot) or ``snapshot``, after its current update.

    Writes a file of that name, which the run removes when it takes the request, within 0.3 s.
    Raises ConfigError if the run is not running, OutputError if the file cannot be written.
    """
    folder = Path(folder)
    if what not in ASKS:
        raise ConfigError(
            f'a run cannot be asked for "{what}"', field="what", choices=(what, list(ASKS))
        )
    _require_running(folder)
    try:
        replace_file(folder / what, b"")
    except OSError as error:
        raise OutputError(f"cannot write {folder / what}: {error.strerror or error}") from error
    if not is_alive(folder):  # it ended meanwhile
        (folder / what).unlink(missing_ok=True)
        _require_running(folder)


def _require_running(folder: Path) -> None:
    record = read_record(folder)
    if not record:
        raise ConfigError(
            f"{folder} is not a run folder: it has no run.json that can be read",
            hint=runs_hint(folder / "001"),
        )
    status = record.get("status")
    if not status:
        raise ConfigError(f"run {folder} is not running: its status is unknown")
    if status == "lost":
        raise ConfigError(f"run {folder} is not running. {record['message']}")
    if status != "running" or not is_alive(folder):
        raise ConfigError(f"run {folder} is not running: it is {status}")


class AskedByFile(TimedObserver):
    """Looks for the files ``stop`` and ``snapshot``, removes them and passes the requests on.

    Only from the first update on, because earlier requests would be cleared.
    """

    def __init__(self, folder: Path, request: Callable[[str], None], log: Callable[[str], None]):
        self._paths = {what: os.fspath(folder / what) for what in ASKS}
        self._request, self._log = request, log
        self._training = False

    def observe(self, event: Event) -> None:
        """Begin and end with the training."""
        if isinstance(event, TrainingStarted):
            self._training = True
        elif isinstance(event, TrainingEnded):
            self._training = False

    def tick(self) -> None:
        """Take the requests that have come."""
        if not self._training:
            return
        for what, path in self._paths.items():
            if os.path.lexists(path) and self._take(path):
                self._request(what)
                self._log(f"asked by a file: {_ANSWERS[what]}")

    def _take(self, path: str) -> bool:
        try:
            os.unlink(path)
        except OSError:
            return False  # withdrawn, or held by another program (on Windows): then the next time
        return True

    def close(self) -> None:
        """Remove requests that came too late."""
        for path in self._paths.values():
            with suppress(OSError):
                os.unlink(path)


_ANSWERS = {
    "stop": "stopping after this step with a snapshot",
    "snapshot": "writing a snapshot after this step",
}
