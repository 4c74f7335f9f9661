"""Progress as plain lines, for logs and pipes."""

from __future__ import annotations

from mycaffe_py.events.caffe_log import CaffeLog
from mycaffe_py.events.events import Event
from mycaffe_py.run.dispatch import TimedObserver


class PlainView(TimedObserver):
    """Passes the events of a run to a log, with the time of each."""

    expendable = True

    def __init__(self, log: CaffeLog):
        self._log = log

    def observe(self, event: Event) -> None:
        """Log the event if it is worth a line."""
        self._log.write_event(event, self.now)
