"""Making batches ahead, in one background thread for each layer."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, add_note

_EXIT_PATIENCE = 5.0

Item = tuple[Any, BaseException | None]
Make = Callable[[], Any]


class _Shelf:
    """Batches between the thread that makes them and the one that takes them."""

    def __init__(self, depth: int):
        self._depth = depth
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self.closed = False

    def put(self, item: Item) -> bool:
        """Wait for room and add an item; False if the shelf was closed."""
        with self._changed:
            while len(self._items) >= self._depth and not self.closed:
                self._changed.wait()
            self._items.append(item)
            self._changed.notify_all()
            return not self.closed

    def take(self) -> Item:
        """Wait for the next item; DataError if the shelf is closed meanwhile, by another thread."""
        with self._changed:
            while not self._items:
                if self.closed:
                    raise DataError("the layer was closed while a forward pass waited for its data")
                self._changed.wait()
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Let whoever waits for room go on, and end."""
        with self._changed:
            self.closed = True
            self._items.clear()
            self._changed.notify_all()


class Prefetcher:
    """Calls ``owner.make_batch()`` again and again in a thread, up to ``depth`` results ahead.

    The thread is a daemon and starts with the first :meth:`take`. It ends at :meth:`stop`, when an
    exception has been handed over, at the end of the process, and when ``owner`` is gone: it holds
    no reference to it while it waits. After a fork the child starts a thread of its own.
    """

    def __init__(self, owner: Any, depth: int):
        self._owner, self._depth = weakref.ref(owner), depth
        # Shelf, thread, finalizer, process: set in one step, as Ctrl-C may come between any two.
        self._work: tuple[_Shelf, threading.Thread, weakref.finalize, int] | None = None
        _running.add(self)

    @property
    def is_running(self) -> bool:
        """Whether a thread of this process makes batches."""
        return self._work is not None and self._work[-1] == os.getpid()

    def take(self) -> Any:
        """Return the next result; an exception of the thread is raised here, with its traceback."""
        shelf = self._work[0] if self.is_running else self._start()
        result, error = shelf.take()
        if error is not None:
            self.stop()
            raise error
        return result

    def _start(self) -> _Shelf:
        owner, shelf = self._owner(), _Shelf(self._depth)
        # Not a method of this object: the thread would keep it, and its owner, alive.
        thread = threading.Thread(
            target=_fill, args=(shelf, self._owner), name=f"prefetch {owner.name}", daemon=True
        )
        # By a weak reference: an exception on the shelf refers to its owner.
        finalizer = weakref.finalize(owner, _close, weakref.ref(shelf))
        finalizer.atexit = False
        self._work = shelf, thread, finalizer, os.getpid()
        try:
            thread.start()
        except BaseException:  # no more threads, or Ctrl-C: nobody would ever fill this shelf
            self.stop()
            raise
        return shelf

    def stop(self, patience: float | None = None) -> None:
        """End the thread and wait until it has; what it made is dropped."""
        work, running = self._work, self.is_running
        self._work = None
        if running:
            shelf, thread, finalizer, _ = work
            finalizer.detach()
            shelf.close()
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(patience)


def _close(reference: weakref.ref[_Shelf]) -> None:
    shelf = reference()
    if shelf is not None:
        shelf.close()


def _fill(shelf: _Shelf, reference: Any) -> None:
    while not shelf.closed:
        owner = reference()
        if owner is None:
            return
        try:
            # NumPy's warnings would come from a thread of which nobody knows; what is not finite is seen later.
            with np.errstate(all="ignore"):
                item = owner.make_batch(), None
        except BaseException as error:
            add_note(error, "raised in the thread that reads ahead")
            item = None, error
        del owner
        if not shelf.put(item) or item[1] is not None:
            return


_running: weakref.WeakSet[Prefetcher] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """Let no thread be inside a library when the interpreter goes down."""
    for prefetcher in list(_running):
        prefetcher.stop(_EXIT_PATIENCE)
