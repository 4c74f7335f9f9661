"""The observers that plugins provide, each with a thread of its own: a slow or broken one disturbs nobody."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mycaffe_py.builder.observers import naming_failure
from mycaffe_py.errors import MyCaffeError, PluginError
from mycaffe_py.events.events import Event, StepDone, without_elements
from mycaffe_py.events.observer import Observer
from mycaffe_py.events.run_info import RunInfo
from mycaffe_py.events.taken import ArraysTaken, PictureTaken

from .dispatch import Dispatcher

MOST_WAITING = 100_000
"""Updates that wait for an observer at most; it is then told of no further ones until it has caught up."""
_COPIES = (ArraysTaken, PictureTaken)
_PATIENCE = 2.0
"""Seconds after which the end of a run says what it waits for."""


def name_of(observer: Observer) -> str:
    """Return what messages call an observer."""
    return observer.type or type(observer).__name__


class Follower(Observer):
    """One observer with its thread. ``warn`` is called, in that thread, if it fails and the run can do without it."""

    def __init__(self, observer: Observer, warn: Callable[[str], None]):
        self.observer, self._warn = observer, warn
        self.name = name_of(observer)
        self.stops_the_run = observer.required or not observer.type
        self._passed: Counter[type[Event]] = Counter()
        self._taken: Counter[type[Event]] = Counter()
        self._failed = False
        self._lost = 0
        self._notes: list[str] = []
        self._dispatcher = Dispatcher([self])

    # In the training thread.

    def post(self, event: Event) -> None:
        """Take one event; of updates only as many as the observer can keep up with."""
        if self._failed:
            return
        event = without_elements(event)
        if isinstance(event, StepDone) and self._dispatcher.waiting >= MOST_WAITING:
            self._lost += 1
            return
        if isinstance(event, _COPIES):
            self._passed[type(event)] += 1
        self._dispatcher.post(event)

    def waiting(self, kind: type[Event]) -> int:
        """How many copies of arrays, or pictures, the observer has not taken yet."""
        return 0 if self._failed else self._passed[kind] - self._taken[kind]

    def raise_failure(self) -> None:
        """Raise the exception of an observer that the run cannot do without."""
        self._dispatcher.raise_failure()

    def begin_to_end(self) -> None:
        """Let the observer take the remaining events and close, without waiting for it."""
        self._dispatcher.close(0)

    def end(self, seconds: float) -> bool:
        """Wait for the observer's end; return whether it came."""
        return self._dispatcher.close(seconds)

    def notes(self, left_behind: str = "") -> list[str]:
        """Return what is worth a warning. ``left_behind``: why the run ended without the observer's end."""
        notes = [*self._notes]
        if left_behind:
            notes.append(f'observer "{self.name}" {left_behind} and is left behind')
        if self._lost:
            notes.append(
                f'observer "{self.name}" was too slow: {self._lost:,} updates were not passed to it'
            )
        return notes

    # In the observer's thread.

    def observe(self, event: Event) -> None:
        """Pass one event on."""
        self._guarded(self.observer.observe, event)
        if isinstance(event, _COPIES):
            self._taken[type(event)] += 1

    def idle(self) -> None:
        """Let the observer flush."""
        self._guarded(self.observer.idle)

    def close(self) -> None:
        """Let the observer end, also one that failed."""
        if self._failed:
            with suppress(BaseException):
                self.observer.close()
        else:
            self._guarded(self.observer.close)

    def _guarded(self, action: Callable[..., None], *arguments: Any) -> None:
        if self._failed:
            return
        try:
            self._call(action, *arguments)
        except Exception as error:
            self._failed = True
            if self.stops_the_run or not isinstance(error, MyCaffeError):
                raise
            self._notes.append(f"{error.message}; the run continues without it")
            self._warn(self._notes[-1])

    def _call(self, action: Callable[..., None], *arguments: Any) -> None:
        try:
            if self.observer.type:
                with naming_failure(self.name, "failed"):
                    action(*arguments)
            else:
                action(*arguments)  # the user's own code: its exceptions are raised as they are
        except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
            # In the training thread these would end the command without a snapshot.
            shown = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise PluginError(f'observer "{self.name}" failed: {shown}') from error


class Followers:
    """All of a run's followers, which take each event in the training thread."""

    def __init__(self, observers: Sequence[Observer], run: RunInfo, warn: Callable[[str], None]):
        started: list[Observer] = []
        try:
            for observer in observers:
                with naming_failure(name_of(observer), "cannot start"):
                    observer.start(run)
                started.append(observer)
        except BaseException:
            for observer in started:
                with suppress(Exception):
                    observer.close()
            raise
        self._warn = warn
        self.interrupted = False
        """Whether Ctrl-C ended the wait for the observers."""
        self.each = [Follower(observer, warn) for observer in observers]

    def listener(self, event: Event) -> None:
        """Take one event; raise the failure of a required observer."""
        for follower in self.each:
            follower.raise_failure()
            follower.post(event)

    def post(self, event: Event) -> None:
        """Take one event, and never raise."""
        for follower in self.each:
            follower.post(event)

    def end(self, timeout: float = 30.0) -> list[str]:
        """Deliver the remaining events and close the observers; return what is worth a warning.

        All of them together have ``timeout`` seconds. Ctrl-C ends the wait: see :attr:`interrupted`.
        """
        for follower in self.each:
            follower.begin_to_end()
        left: dict[Follower, str] = {}
        begin = time.monotonic()
        for follower in self.each:
            try:
                ready = self.interrupted or self._wait(follower, begin, timeout)
                if not ready:
                    left[follower] = f"was not ready after {timeout:g} s"
            except KeyboardInterrupt:
                self.interrupted = True
            if self.interrupted and not follower.end(0):
                left[follower] = "was not ready when Ctrl-C was pressed"
        return [note for one in self.each for note in one.notes(left.get(one, ""))]

    def _wait(self, follower: Follower, begin: float, timeout: float) -> bool:
        """Wait for one follower's end; say so if it takes a while. Return whether it came."""
        rest = timeout - (time.monotonic() - begin)
        if follower.end(max(0.0, min(_PATIENCE, rest))):
            return True
        rest = timeout - (time.monotonic() - begin)
        if rest <= 0:
            return False
        self._warn(
            f'waiting up to {rest:.0f} s for observer "{follower.name}"; Ctrl-C leaves it behind'
        )
        return follower.end(rest)

    def raise_failure(self) -> None:
        """Raise the failure of a required observer, if there is one."""
        for follower in self.each:
            follower.raise_failure()
