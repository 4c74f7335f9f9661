"""Progress as plain lines, for logs and pipes."""

from __future__ import annotations

from collections.abc import Iterable

from mycaffe_py.events.caffe_log import CaffeLog
from mycaffe_py.events.events import Event
from mycaffe_py.run.dispatch import TimedObserver


class PlainView(TimedObserver):
    """Passes the events of a run to a log, with the time of each; before the first one, the lines ``first``."""

    expendable = True

    def __init__(self, log: CaffeLog, first: Iterable[str] = ()):
        self._log, self._first = log, list(first)

    def observe(self, event: Event) -> None:
        """Log the event if it is worth a line."""
        for line in self._first:
            self._log.write_line(line)
        self._first = []
        self._log.write_event(event, self.now)
