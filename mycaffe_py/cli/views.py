"""Choice of the view of a run on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from mycaffe_py.events.events import Observer

from .failures import say, silence


def is_live_terminal() -> bool:
    """Whether stderr is a terminal on which lines can be redrawn."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


class Terminal:
    """Text stream to a terminal; once the terminal is closed, output is dropped."""

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text`` if the terminal is still open."""
        self._try(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flush if the terminal is still open."""
        self._try(self._stream.flush)

    def _try(self, action: Callable[..., Any], *arguments: Any) -> None:
        try:
            action(*arguments)
        except OSError:
            silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def choose_views(training: Any, *, quiet: bool) -> list[Observer]:
    """Return the live view on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        return []
    if is_live_terminal():
        from rich.console import Console

        from .live_view import LiveView

        terminal: Any = Terminal(sys.stderr)
        console = Console(file=terminal, stderr=True, highlight=False)
        return [LiveView(console, training.net.name)]
    from mycaffe_py.events.caffe_log import caffe_log, stamped

    from .plain_view import PlainView

    return [PlainView(caffe_log(training.solver, lambda line: say(stamped(line))))]
