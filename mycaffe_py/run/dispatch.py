"""Passing events from the training thread to the observers, without the loop ever waiting for them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from mycaffe_py.errors import OutputError, add_note
from mycaffe_py.events.events import Event, without_elements
from mycaffe_py.events.observer import Observer

MOST_BYTES = 64_000_000
"""Values for the log that wait at most, where observers are slower than the training; one event may always wait."""


def values_bytes(event: Event) -> int:
    """Return how many bytes the values that an event has for the log take."""
    return sum(values.nbytes for values in getattr(event, "elements", {}).values())


class TimedObserver(Observer):
    """An observer that also knows when the current event was emitted (``time.perf_counter``), and that time passes."""

    now: float = 0.0
    expendable: bool = False
    """Whether the run continues without it if it can no longer write, for example to a closed terminal."""

    def tick(self) -> None:
        """Called every 0.1 s or so, whether there were events or not."""


class Dispatcher:
    """Takes events in the training thread and passes them to the observers in a thread of its own.

    An observer that fails gets no further events; its exception is raised in the training thread
    at the next event, once, or by :meth:`raise_failure`. The other observers continue. An OSError from
    an expendable observer is not raised.
    """

    def __init__(self, observers: Iterable[Observer] = (), *, interval: float = 0.1):
        self._observers = list(observers)
        self._interval = interval
        self._events: deque[tuple[float, Event]] = deque()
        self._failures: deque[BaseException] = deque()
        # Bytes of values for the log, each counter written by one thread.
        self._passed = self._taken = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mycaffe-observers", daemon=True)
        self._thread.start()

    def listener(self, event: Event) -> None:
        """Take one event; the only part that runs in the training loop."""
        if self._failures:
            self.raise_failure()
        self._events.append((time.perf_counter(), self._bounded(event)))

    def _bounded(self, event: Event) -> Event:
        """Return an event without values for the log if those of others that wait take too much memory."""
        size = values_bytes(event)
        waiting = self._passed - self._taken
        if waiting and size and waiting + size > MOST_BYTES:
            return without_elements(event)
        self._passed += size
        return event

    def post(self, event: Event) -> None:
        """Take one event as :meth:`listener` does, but never raise."""
        self._events.append((time.perf_counter(), self._bounded(event)))

    def raise_failure(self) -> None:
        """Raise the exception of an observer that failed, unless it was raised before."""
        if self._failures:
            raise self._failures.popleft()

    @property
    def waiting(self) -> int:
        """How many events the observers have not received yet."""
        return len(self._events)

    def close(self, timeout: float = 30.0) -> bool:
        """Deliver the remaining events, close the observers and end the thread; waits at most ``timeout`` seconds.

        Returns whether everything was delivered.
        """
        self._closing.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.wait(self._interval):
            self._deliver()
            self._tick()
        self._deliver()
        for observer in list(self._observers):
            self._call(observer, observer.close)

    def _deliver(self) -> None:
        batch = [self._events.popleft() for _ in range(len(self._events))]
        if not batch:
            return
        for observer in list(self._observers):
            self._call(observer, _observe_batch, observer, batch)
        self._taken += sum(values_bytes(event) for _, event in batch)

    def _tick(self) -> None:
        for observer in list(self._observers):
            if isinstance(observer, TimedObserver):
                self._call(observer, observer.tick)

    def _call(self, observer: Observer, action: Callable[..., None], *arguments: Any) -> None:
        try:
            action(*arguments)
        except BaseException as error:
            self._observers.remove(observer)
            if isinstance(error, OSError) and getattr(observer, "expendable", False):
                with suppress(Exception):
                    observer.close()
                return
            self._failures.append(_described(error, observer))


def _observe_batch(observer: Observer, batch: list[tuple[float, Event]]) -> None:
    for stamp, event in batch:
        if isinstance(observer, TimedObserver):
            observer.now = stamp
        observer.observe(event)
    observer.idle()


def _described(error: BaseException, observer: Observer) -> BaseException:
    if isinstance(error, OSError) and not isinstance(error, OutputError):
        place = error.filename or getattr(observer, "path", type(observer).__name__)
        described = OutputError(f"cannot write {place}: {error.strerror or error}")
        described.__cause__ = error
        return described
    named = getattr(observer, "observer", observer)
    add_note(error, f"in observer {type(named).__name__}")
    return error
