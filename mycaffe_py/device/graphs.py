"""GraphStream: recording a GPU's work once and replaying it as a CUDA graph, which launches all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class GraphStream:
    """A stream in which work is recorded, and memory that only recorded work uses.

    Recording computes nothing. CuPy refuses to record what makes the host wait, copies between host and device, and
    calls of cuBLAS, cuRAND and their like. A graph does not keep its arrays alive; whoever records holds them.
    """

    def __init__(self, xp: Any):
        self._xp = xp
        # Not a non-blocking stream: work in the default stream, such as a user's, is done in order with it.
        self._stream = xp.cuda.Stream()
        self._pool = xp.cuda.MemoryPool()

    @contextmanager
    def use(self) -> Iterator[None]:
        """Make the stream the current one."""
        with self._stream:
            yield

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Make the stream current, and take memory from where recorded work takes it.

        What is freed there stays reserved: other work never gets memory that a graph uses.
        """
        with self._stream, self._xp.cuda.using_allocator(self._pool.malloc):
            yield

    def record(self, action: Callable[[], None]) -> Any:
        """Return the graph of what ``action`` does; raises what it raises, and what CuPy raises where it cannot."""
        with self.preparing():
            self._stream.begin_capture()
            try:
                action()
            except BaseException:
                with suppress(Exception):
                    self._stream.end_capture()
                raise
            return self._stream.end_capture()

    def launch(self, graph: Any) -> None:
        """Replay a graph, without waiting for it."""
        graph.launch(stream=self._stream)
