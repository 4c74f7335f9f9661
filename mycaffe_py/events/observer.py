"""Observer: what follows a run and passes it on, to a file, a terminal or a service."""

from __future__ import annotations

from typing import Any, ClassVar

from mycaffe_py.refusing import Refuses

from .events import Event
from .run_info import RunInfo


class Observer(Refuses):
    """Receives the events of a run, in a thread beside the training, so it may be slow.

    A plugin's observer has a ``type`` by which ``mycaffe train --observe`` and ``observer { type: ... }`` in a solver
    file find it, and is made with its ObserverParameter message (it reads its own ``<x>_param`` in it). The
    constructor imports what it needs and writes nothing yet.

    The order of calls: :meth:`start`, then :meth:`observe` and :meth:`idle` in turn, at last :meth:`close`. A run that
    ends passes a ``TrainingEnded`` event with its status before; one that is killed calls nothing more, so what must
    survive is written by :meth:`idle`.
    """

    kind: ClassVar[str] = "observer"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    parameters: ClassVar[tuple[str, ...] | None] = None
    """ObserverParameter fields that it reads besides its schema's; None: those alone, or that named after ``type``."""
    required: ClassVar[bool] = False
    """Whether the run stops if this observer fails after its start. Else the run continues without it, with a warning.
    An observer without a ``type``, given in Python, always stops the run."""
    arrays_every: int = 0
    """Ask for ``ArraysTaken`` events: copies of parameters and gradients every so many updates; 0 for none. They are
    left out while those that wait for the observer take 64 MB; one may always wait."""
    pictures_every: int = 0
    """Ask for ``PictureTaken`` events every so many updates, and at the end; 0 for none. They are rarer where drawing
    would take more than 2 % of the time, and need matplotlib and a trainer that can draw."""

    def __init__(self, param: Any = None):
        if param is not None:
            self.check(param)
        self.param = param

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError, by :meth:`fail`, if an ObserverParameter is invalid.

        What the observer needs may be missing here.
        """

    def start(self, run: RunInfo) -> None:
        """Called once before the first event, in the main thread. If this raises, the run does not start."""

    def observe(self, event: Event) -> None:
        """Process one event."""

    def idle(self) -> None:
        """Called after each batch of events: the place to flush or redraw."""

    def close(self) -> None:
        """Called once, after the last event."""
