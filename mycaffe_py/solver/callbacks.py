"""What a program may do between updates and epochs of a fit, and how Ctrl-C ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mycaffe_py.errors import ConfigError

Callback = Any
"""A function of an epoch's figures, or an object with ``after_update(row)`` or ``after_epoch(figures)``."""


def calls_of(callbacks: Sequence[Callback]) -> dict[str, list[Callable[[Any], Any]]]:
    """Return the functions to call, by the moment; raises ConfigError for what is no callback."""
    if callable(callbacks) or not isinstance(callbacks, Sequence):
        callbacks = [callbacks]
    calls: dict[str, list[Callable[[Any], Any]]] = {"after_update": [], "after_epoch": []}
    for callback in callbacks:
        own = {when: getattr(callback, when, None) for when in calls}
        methods = {when: method for when, method in own.items() if callable(method)}
        if not methods and not callable(callback):
            raise ConfigError(
                f"a callback is a function, or an object with after_update or after_epoch, not {callback!r:.60}"
            )
        for when, method in (methods or {"after_epoch": callback}).items():
            calls[when].append(method)
    return calls


def call_all(
    solver: Any, calls: Sequence[Callable[[Any], Any]], figures: Mapping[str, float]
) -> None:
    """Call each function; True means stop."""
    for call in calls:
        if call(dict(figures)) is True:
            solver.request("stop")


@contextmanager
def finishing_updates(solver: Any) -> Iterator[list[bool]]:
    """Let Ctrl-C finish the update, a second one stop at once; the list has an element after the first.

    Only in the main thread, and only if nobody else handles the signal.
    """
    interrupted: list[bool] = []

    def handle(number: int, frame: Any) -> None:
        if interrupted:
            raise KeyboardInterrupt
        interrupted.append(True)
        solver.request("stop")

    own = threading.current_thread() is threading.main_thread()
    if not own or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupted
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
