"""Which view of a run goes to the terminal."""

from __future__ import annotations

import os
import sys
from typing import Any

from mycaffe_py.cli.failures import say
from mycaffe_py.events import Observer


def is_live_terminal() -> bool:
    """Whether stderr is a terminal on which lines can be redrawn."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def choose_views(training: Any, *, quiet: bool) -> list[Observer]:
    """Return the live view on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        return []
    if is_live_terminal():
        from rich.console import Console

        from mycaffe_py.cli.live_view import LiveView

        return [LiveView(Console(stderr=True, highlight=False), training.net.name)]
    from mycaffe_py.cli.plain_view import PlainView

    net = training.net
    weights = net.blob_loss_weights
    outputs = {name: weights.get(name, 0.0) for name in net.outputs}
    return [PlainView(say, outputs, training.solver.param.display)]
