"""Choice of the view of a run on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.events.observer import Observer

from . import glog
from .failures import say_line, silence
from .glog_flags import INFO

if TYPE_CHECKING:
    from rich.console import Console


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


def choose_views(training: Any, *, quiet: bool, live: bool | None = None) -> list[Observer]:
    """Return the live view on a terminal, plain lines elsewhere, nothing when quiet; and the log files, if wanted.

    ``live``: force the live view, also where stderr is no terminal, or plain lines.
    """
    from mycaffe_py.events.caffe_log import caffe_log
    from mycaffe_py.events.net_log import memory_line, solver_lines

    from .plain_view import PlainView

    files: list[Observer] = []
    if glog.has_files():
        first = solver_lines(training.net, training.solver.test_nets)
        files.append(PlainView(caffe_log(training.solver, glog.note_line), first))
    if quiet or not glog.shows(INFO):
        return files
    asked_for_lines = glog.rules().plain and live is None
    if not asked_for_lines and (is_live_terminal() if live is None else live):
        console = _console(forced=live is True)
        if not console.legacy_windows:  # such a window cannot move the cursor by escape sequences
            from .live_view import LiveView

            return [*files, LiveView(console, training.net.name)]
    memory = [memory_line(training.net)]
    return [*files, PlainView(caffe_log(training.solver, say_line), memory)]


def check_view_options(
    *, quiet: bool, verbose: bool = False, live: bool, no_live: bool
) -> bool | None:
    """Return what ``--live`` and ``--no-live`` ask for, None for neither; raise ConfigError if they cannot both be."""
    if quiet and verbose:
        raise ConfigError("--verbose has no effect with --quiet", hint="give one of them")
    if live and no_live:
        raise ConfigError("--live and --no-live exclude each other")
    if live and quiet:
        raise ConfigError("--live and --quiet exclude each other")
    if live and os.environ.get("TERM") == "dumb":
        raise ConfigError(
            "--live: lines cannot be drawn again on this terminal (TERM=dumb)",
            hint="omit --live to get plain lines",
        )
    return True if live else False if no_live else None


def _console(*, forced: bool) -> Console:
    """Return rich's console on stderr; COLUMNS and LINES, if they are above 0, replace the window's size."""
    from rich.console import Console

    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "LINES") or (value.isdecimal() and int(value) > 0)
    }
    terminal: Any = Terminal(sys.stderr)
    force = True if forced else None
    return Console(
        file=terminal, stderr=True, highlight=False, force_terminal=force, _environ=environ
    )
