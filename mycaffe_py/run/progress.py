"""progress.json: where a run is, for whoever looks at it; replaced at most once a second."""

from __future__ import annotations

import json
import time
from collections import deque
from pathlib import Path
from typing import Any

from mycaffe_py.errors import OutputError
from mycaffe_py.events.events import Event, StepDone, TestDone, TrainingEnded, TrainingStarted

from .dispatch import TimedObserver
from .memory import peak_megabytes, resident_megabytes
from .metrics import test_label
from .reading import NUMBER, numbers, read_fields
from .record import plain
from .replacing import replace_file

FILE_NAME = "progress.json"
_SECONDS_BETWEEN = 1.0
_PACE_SECONDS = 5.0
_MOST_FIGURES = 20


class ProgressWriter(TimedObserver):
    """Writes the newest update, ``seconds`` of training, ``rate`` (updates a second), seconds ``left``, ``memory`` and
    ``peak`` (MB), ``figures`` of the newest update (at most 20) and ``tests``, those of the newest test.

    ``rate`` is that of the last five seconds or so; when the run has ended, that of the whole run.
    """

    def __init__(self, folder: Path):
        self.path = folder / FILE_NAME
        self._latest: StepDone | None = None
        self._tests: dict[str, float] = {}
        self._start = self._iteration = self._max_iter = 0
        self._started = self._last = 0.0
        self._paces: deque[tuple[float, int]] = deque()
        self._next = 0.0
        self._ended = False

    def observe(self, event: Event) -> None:
        """Take an event; only the newest counts."""
        if isinstance(event, StepDone):
            self._latest, self._iteration, self._last = event, event.iteration, self.now
        elif isinstance(event, TestDone):
            self._tests |= {
                test_label(name, event.net_index): value for name, value in event.metrics.items()
            }
        elif isinstance(event, TrainingStarted):
            self._start = self._iteration = event.iteration
            self._max_iter = event.max_iter
            self._started = self._last = self.now
            self._paces.append((self.now, event.iteration))
        elif isinstance(event, TrainingEnded):
            self._ended = True

    def idle(self) -> None:
        """Write, unless that was done within the last second."""
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + _SECONDS_BETWEEN
            self._write()

    def _write(self) -> None:
        try:
            replace_file(self.path, json.dumps(plain(self.fields())).encode() + b"\n")
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error

    def fields(self) -> dict[str, Any]:
        """Return what is written."""
        rate = self._rate()
        left = max(0, self._max_iter - self._iteration)
        figures = self._latest.named_values if self._latest is not None else {}
        memory, peak = resident_megabytes(), peak_megabytes()
        return {
            "iteration": self._iteration,
            "max_iter": self._max_iter,
            "seconds": round(self._last - self._started, 3),
            "rate": rate,
            "left": 0 if self._ended or not left else left / rate if rate else None,
            "memory": memory,
            # The system does not count both at the same moments.
            "peak": peak if memory is None or peak is None else max(peak, memory),
            "figures": dict(list(figures.items())[:_MOST_FIGURES]),
            "tests": dict(list(self._tests.items())[:_MOST_FIGURES]),
        }

    def _rate(self) -> float | None:
        if self._ended:
            seconds = self._last - self._started
            return (self._iteration - self._start) / seconds if seconds > 0 else None
        paces = self._paces
        if not paces or (self._last, self._iteration) != paces[-1]:
            paces.append((self._last, self._iteration))
        while len(paces) > 2 and self._last - paces[0][0] > _PACE_SECONDS:
            paces.popleft()
        seconds = self._last - paces[0][0]
        return (self._iteration - paces[0][1]) / seconds if seconds > 0 else None

    def close(self) -> None:
        """Write how it ended."""
        self._write()


_KINDS = {
    **dict.fromkeys(("iteration", "max_iter"), int),
    **dict.fromkeys(("seconds", "rate", "left", "memory", "peak"), NUMBER),
}


def read_progress(folder: Path) -> dict[str, Any]:
    """Return the fields of a run folder's progress.json, or an empty dict if it cannot be read.

    What is of another kind than it is written with is left out.
    """
    fields = read_fields(Path(folder) / FILE_NAME, _KINDS)
    return fields | {name: numbers(fields[name]) for name in ("figures", "tests") if name in fields}
