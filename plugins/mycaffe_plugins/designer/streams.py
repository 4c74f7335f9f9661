"""Following runs and files, and telling the pages: one poller for all, a cursor of its own for each stream."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.run import Changes, RunFollower

from .faults import Fault, dumps
from .folders import Folders
from .runs import Runs
from .training import Trainings
from .watching import FileWatch, RunWatch

TICK = 0.2
"""Seconds between two looks at the runs on view; all others are looked at every ``SLOW`` ticks."""
SLOW = 10
FILES = 5
_KEEP = 60.0
_MOST = 2000
_SILENCE = 15.0


class Followed:
    """A run that is on view: its follower, used by one thread at a time."""

    def __init__(self, key: str, follower: RunFollower):
        self.key, self.follower = key, follower
        self.lock = threading.Lock()
        self.wanted = time.monotonic()
        self.viewers = 0
        self._untold = _NOTHING
        self._polled = False

    @contextmanager
    def read(self) -> Iterator[RunFollower]:
        """The follower, for this thread alone, when it has read all that is new."""
        with self.lock:
            self._poll()
            yield self.follower

    def changes(self) -> Changes:
        """Read what is new; return all that has changed since the last call."""
        with self.lock:
            self._poll()
            found, self._untold = self._untold, _NOTHING
            return found

    def first_poll(self) -> None:
        """Read what there is, if nothing has been read yet."""
        with self.lock:
            if not self._polled:
                self._poll()

    def _poll(self) -> None:
        self._polled = True
        old, new = self._untold, self.follower.poll()
        self._untold = Changes(
            old.record or new.record,
            old.rows + new.rows,
            old.live + new.live,
            old.frame or new.frame,
            old.tests or new.tests,
        )


_NOTHING = Changes(False, 0, 0, False, False)


@dataclass(eq=False)
class Stream:
    """One page that listens: which runs it watches, how far it has got, what it has not been told yet."""

    runs: dict[str, Followed]
    loop: asyncio.AbstractEventLoop
    rows: dict[str, int] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)
    news: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    seq: int = 0
    ended: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, kind: str, name: str, data: dict[str, Any]) -> None:
        """Keep the newest of each kind for a name until the page takes it."""
        self.news.pop((kind, name), None)
        self.news[kind, name] = data
        self.wake.set()


class Streams:
    """The poller and its listeners. All methods but :meth:`followed` and :meth:`tell` belong to the event loop."""

    def __init__(
        self,
        folders: Folders,
        runs: Runs,
        trainings: Trainings,
        log: Callable[[BaseException], None],
    ):
        self._folders, self._all_runs, self._trainings, self._log = folders, runs, trainings, log
        self._followed: dict[str, Followed] = {}
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = False
        self.files = FileWatch()
        self.runs = RunWatch(folders, runs)

    # Followers.

    def followed(self, key: str) -> Followed:
        """Return the follower of the run ``PROJECT/NET/003``, made if there is none; for any thread."""
        name, net, number = key.split("/")
        folder = self._folders.run(self._folders.project(name), net, number)
        with self._lock:
            one = self._followed.get(key)
            if one is None:
                one = self._followed[key] = Followed(key, RunFollower(folder))
            one.wanted = time.monotonic()
        return one

    def _drop_unwanted(self) -> None:
        now = time.monotonic()
        with self._lock:
            for key, one in list(self._followed.items()):
                if not one.viewers and now - one.wanted > _KEEP:
                    del self._followed[key]

    # The poller.

    async def begin(self) -> None:
        """Look for the runs that there are, before a page asks: those that come later are news."""
        await self._look_at_runs()

    async def poll_for_ever(self) -> None:
        """Look at runs and files until cancelled; a failure is logged and does not end it."""
        self._loop = asyncio.get_running_loop()
        tick = 0
        while True:
            try:
                await self._tick(tick)
            except Exception as error:
                self._log(error)
            tick += 1
            await asyncio.sleep(TICK)

    async def _tick(self, tick: int) -> None:
        viewed = [one for one in list(self._followed.values()) if one.viewers]
        if viewed:
            for news in await asyncio.to_thread(self._poll_all, viewed):
                self._pass_on(*news)
        if tick % FILES == 0 and self._streams:
            for data in await asyncio.to_thread(self.files.changes):
                self.broadcast("file", f"{data['project']} {data['kind']}", data)
        if tick % FILES == 0:
            await asyncio.to_thread(self._trainings.tidy)
            self._drop_unwanted()
        if (tick % SLOW == 0 or self.runs.hurry) and self._streams:
            await self._look_at_runs()

    def _poll_all(self, followed: list[Followed]) -> list[tuple[Followed, Changes, Any, Any]]:
        """Return the runs that have changed, how, their summary if that did, and their tests if those did."""
        found = []
        for one in followed:
            try:
                changes = one.changes()
                with one.lock:
                    summary = self._all_runs.of_follower(one.follower) if changes.record else {}
                    tests = one.follower.tests() if changes.tests else None
            except Exception as error:  # one run's trouble is not the others'
                self._log(error)
                continue
            if any(changes):
                found.append((one, changes, summary, tests))
        return found

    async def _look_at_runs(self) -> None:
        try:
            changes = await asyncio.to_thread(self.runs.changes)
        except (
            Exception
        ) as error:  # a folder that cannot be read is no reason to be silent about all else
            self._log(error)
            return
        for data in changes:
            one = self._followed.get(data["run"])
            # Of a run on view the newest is told anyway, if it has come so far as to have a record.
            if one is None or not one.viewers or not one.follower.record:
                self.broadcast("run", data["run"], data)

    def _pass_on(self, one: Followed, changes: Changes, summary: Any, tests: Any) -> None:
        if summary:
            project = one.key.partition("/")[0]
            self.broadcast("run", one.key, {"run": one.key, "project": project, **summary})
        for stream in self._streams:
            if one.key not in stream.runs:
                continue
            if changes.rows or changes.live:
                stream.fresh.add(one.key)
            if changes.frame:
                stream.tell("frame", one.key, {"run": one.key})
            if changes.tests:
                stream.tell("tests", one.key, {"run": one.key, "tests": tests})
            stream.wake.set()

    # Listeners.

    def broadcast(self, kind: str, name: str, data: dict[str, Any]) -> None:
        """Tell every page."""
        for stream in self._streams:
            stream.tell(kind, name, data)

    def tell(self, kind: str, name: str, data: dict[str, Any]) -> None:
        """Tell every page, from any thread."""
        if self._loop is not None and not self._ending:
            self._loop.call_soon_threadsafe(self.broadcast, kind, name, data)

    def end(self) -> None:
        """End all streams; from any thread, also from a signal handler."""
        if self._loop is not None and not self._ending:
            self._ending = True
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for stream in self._streams:
            stream.ended = True
            stream.wake.set()

    async def listen(self, keys: Iterable[str]) -> AsyncIterator[bytes]:
        """Yield the events of one page as they are sent."""
        stream = Stream({}, asyncio.get_running_loop())
        self._streams.add(stream)
        try:
            await self._attach(stream, keys)
            await self._look_at_runs()  # nobody did while nobody listened
            # Only now: what a page fetches from here on has no gap to what it is sent.
            yield _event("hello", {"seq": 0})
            for data in self.runs.recent():
                stream.tell("run", data["run"], data)
            while not stream.ended:
                news, stream.news = stream.news, {}
                fresh, stream.fresh = stream.fresh, set()
                for text in await asyncio.to_thread(_events_for, stream, news, fresh):
                    yield text
                try:
                    await asyncio.wait_for(stream.wake.wait(), _SILENCE)
                except asyncio.TimeoutError:  # noqa: UP041 (another class before Python 3.11)
                    yield b": still here\n\n"
                stream.wake.clear()
        finally:
            self._streams.discard(stream)
            for one in stream.runs.values():
                one.viewers -= 1
                one.wanted = time.monotonic()

    async def _attach(self, stream: Stream, keys: Iterable[str]) -> None:
        """Begin to follow runs, from the newest row on."""
        for key in dict.fromkeys(keys):
            try:
                one = await asyncio.to_thread(self.followed, key)
            except (Fault, MyCaffeError) as error:
                stream.tell("gone", key, {"run": key, "message": error.message})
                continue
            one.viewers += 1
            stream.runs[key] = one
            await asyncio.to_thread(one.first_poll)
            stream.rows[key] = one.follower.iteration
            stream.samples[key] = one.follower.live_iteration


def _events_for(stream: Stream, news: dict[tuple[str, str], Any], fresh: set[str]) -> list[bytes]:
    """Return what a page has not had yet as events, and move its cursors on."""
    events = [(kind, data) for (kind, _), data in news.items()]
    for key in fresh:
        one = stream.runs[key]
        with one.lock:
            if one.follower.iteration < stream.rows[key]:
                # Another run has taken the place of a removed one.
                stream.rows[key], stream.samples[key] = 0, 0
                events.append(("again", {"run": key}))
            names = one.follower.names
            stream.rows[key], rows = one.follower.rows_since(stream.rows[key], names, _MOST)
            stream.samples[key], samples = one.follower.live_since(stream.samples[key], _MOST)
        if rows["iteration"]:
            events.append(("rows", rows | {"run": key}))
        if samples["iteration"]:
            events.append(("live", samples | {"run": key}))
    sent = []
    for kind, data in events:
        stream.seq += 1
        sent.append(_event(kind, data | {"seq": stream.seq}))
    return sent


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {dumps(data)}\n\n".encode("utf-8", "replace")
