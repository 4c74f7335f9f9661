"""Makes batches ahead, in a background thread for each layer."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, add_note

_EXIT_PATIENCE = 5.0
_MAX_AHEAD = 1 << 16

Item = tuple[Any, BaseException | None]
Work = tuple["_Shelf", threading.Thread, "weakref.finalize[Any, Any]", int]
"""A shelf, the thread that fills it, its finalizer, and the process."""


class _Shelf:
    """A queue of batches between the thread that makes them and the one that uses them.

    It stays consistent whenever Ctrl-C comes, unlike Python's condition variables.
    """

    def __init__(self, depth: int):
        self._items: SimpleQueue[Item | None] = SimpleQueue()
        self._room: SimpleQueue[bool] = SimpleQueue()
        for _ in range(min(depth, _MAX_AHEAD)):
            self._room.put(True)
        self.closed = False

    def put(self, item: Item) -> bool:
        """Wait for room and add an item; return False if the shelf was closed."""
        self._room.get()
        if not self.closed:
            self._items.put(item)
        return not self.closed

    def take(self) -> Item:
        """Wait for the next item; DataError if another thread closes the shelf meanwhile."""
        item = self._items.get()
        if item is None:
            self._items.put(None)
            raise DataError("the layer was closed while a forward pass waited for its data")
        self._room.put(True)
        return item

    def close(self) -> None:
        """Wake the thread that waits for room, so that it ends."""
        self.closed = True
        with suppress(Empty):
            while True:
                self._items.get_nowait()
        self._items.put(None)
        self._room.put(True)


class Prefetcher:
    """Calls ``owner.make_batch()`` repeatedly in a thread, up to ``depth`` results ahead.

    The thread is a daemon and starts with the first :meth:`take`. It ends at :meth:`stop`, after an
    exception has been passed on, at the end of the process, and when ``owner`` is gone, to which it
    has no reference while it waits. After a fork, the child process starts its own thread.
    """

    def __init__(self, owner: Any, depth: int):
        self._owner, self._depth = weakref.ref(owner), depth
        # Set at once, as Ctrl-C may come between two steps.
        self._work: Work | None = None
        self._process, self._making = os.getpid(), threading.Lock()
        _running.add(self)

    def limit(self, depth: int) -> None:
        """Keep no more than ``depth`` results ahead, from the next start on."""
        self._depth = min(self._depth, depth)

    @property
    def is_running(self) -> bool:
        """Whether a thread of this process is making batches."""
        return self._own_work() is not None

    def _own_work(self) -> Work | None:
        """Return the work of this process; None if there is none, or only its parent's."""
        work = self._work
        return work if work is not None and work[-1] == os.getpid() else None

    def take(self) -> Any:
        """Return the next result; an exception of the thread is raised here, with its traceback."""
        work = self._own_work()
        shelf = self._start() if work is None else work[0]
        try:
            result, error = shelf.take()
        except BaseException:  # Ctrl-C, perhaps after a batch was taken
            self.stop()
            raise
        if error is not None:
            self.stop()
            raise error
        return result

    def _start(self) -> _Shelf:
        owner: Any = self._owner()  # it is there, since it takes a batch
        shelf = _Shelf(self._depth)
        if self._process != os.getpid():  # the holder of the lock is in the parent process
            self._process, self._making = os.getpid(), threading.Lock()
        # Not a method of this object: the thread would keep the object and its owner alive.
        thread = threading.Thread(
            target=_fill,
            args=(shelf, self._owner, self._making),
            name=f"prefetch {owner.name}",
            daemon=True,
        )
        # A weak reference, since an exception on the shelf refers to its owner.
        finalizer = weakref.finalize(owner, _close, weakref.ref(shelf))
        finalizer.atexit = False
        self._work = shelf, thread, finalizer, os.getpid()
        try:
            thread.start()
        except BaseException as error:
            self.stop()  # no thread could start, or Ctrl-C: this shelf would never be filled
            if isinstance(
                error.__context__, KeyboardInterrupt
            ):  # it interrupted Python's own waiting
                raise error.__context__ from None
            raise
        return shelf

    def stop(self, patience: float | None = None) -> None:
        """Stop the thread and wait for its end; its results are dropped."""
        work = self._own_work()
        self._work = None
        if work is not None:
            shelf, thread, finalizer, _ = work
            finalizer.detach()
            shelf.close()
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(patience)


def _close(reference: weakref.ref[_Shelf]) -> None:
    shelf = reference()
    if shelf is not None:
        shelf.close()


def _fill(shelf: _Shelf, reference: Any, making: threading.Lock) -> None:
    """Fill a shelf until it is closed; one batch at a time, even while an earlier thread is still ending."""
    while not shelf.closed:
        owner = reference()
        if owner is None:
            return
        try:
            # NumPy's warnings would come from a background thread; non-finite values are noticed later.
            with making, np.errstate(all="ignore"):
                item: Item = owner.make_batch(), None
        except BaseException as error:
            add_note(error, "raised in the thread that reads ahead")
            item = None, error
        del owner
        if not shelf.put(item) or item[1] is not None:
            return


_running: weakref.WeakSet[Prefetcher] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """Stop all threads, so that none is inside a library when the interpreter exits."""
    for prefetcher in list(_running):
        prefetcher.stop(_EXIT_PATIENCE)
