"""Streams, events, graphs and pinned memory as CuPy has them, for the stand-in: work has ended when it was begun."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

from mycaffe_py.testing import strict_recording
from mycaffe_py.testing.strict_array import wait


class Event:
    """An event, recorded in a stream; to wait for it may take as long as the work before it."""

    def __init__(self, disable_timing=False):
        self.recorded = None

    def record(self, stream=None):
        strict_recording.refuse_waiting("recording an event that others wait for")
        self.recorded = stream

    def synchronize(self):
        wait("Event.synchronize()")


class Graph:
    """What a stream recorded: like CuPy's it can only be launched."""

    def __init__(self, recording):
        self._recording = recording
        self.launched = 0

    def launch(self, stream=None):
        self.launched += 1
        self._recording.replay()


class Stream:
    """A stream of work; ``with stream:`` makes it the current one."""

    def __init__(self, streams, null=False):
        self._streams, self._null = streams, null

    def __enter__(self):
        self._streams.stack.append(self)
        return self

    def __exit__(self, *error):
        self._streams.stack.pop()

    def synchronize(self):
        wait("Stream.synchronize()")

    def begin_capture(self, mode=None):
        if self._null:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        if self._streams.stack[-1] is not self:
            raise RuntimeError("work would be done in another stream than the captured one")
        strict_recording.begin(
            strict_recording.Recording(lambda: self._streams.allocator is not None)
        )

    def end_capture(self):
        graph = Graph(strict_recording.end())
        self._streams.graphs.append(graph)
        return graph

    def is_capturing(self):
        return strict_recording.is_recording()


class Streams:
    """What ``cupy.cuda`` has of streams, memory pools and pinned memory."""

    def __init__(self):
        self.stack = [Stream(self, null=True)]
        self.graphs = []
        self.allocator = None

    @contextmanager
    def using_allocator(self, allocator=None):
        before, self.allocator = self.allocator, allocator
        try:
            yield
        finally:
            self.allocator = before

    def namespace(self, **others):
        return SimpleNamespace(
            Event=Event,
            Stream=lambda null=False, non_blocking=False: Stream(self, null),
            get_current_stream=lambda: self.stack[-1],
            alloc_pinned_memory=bytearray,
            MemoryPool=lambda: SimpleNamespace(malloc=object()),
            using_allocator=self.using_allocator,
            **others,
        )
