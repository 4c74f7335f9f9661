"""Observers of a solver that is used in Python, without a run folder of its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mycaffe_py.builder.observers import add_observers, build_observers
from mycaffe_py.errors import DivergedError, MyCaffeWarning
from mycaffe_py.events.events import Log, TrainingEnded, TrainingStarted
from mycaffe_py.events.observer import Observer
from mycaffe_py.plugin_code import text_of
from mycaffe_py.schema import Document

from .about import solver_info
from .followers import Followers
from .taking import ArrayTaker, PictureTaker


@contextmanager
def observing(
    solver: Any, observers: Sequence[Observer | str], folder: str | Path = "."
) -> Iterator[None]:
    """Let observers follow a solver while the block runs: ``with observing(solver, ["tensorboard"], "logs"):``.

    An observer is an object, or a text as for ``mycaffe train --observe``: ``"tensorboard:every=10"``. ``folder``,
    which is made if needed, is where files of observers go. At the end of the block everything is written, and what
    went wrong is a MyCaffeWarning. The solver's own ``observer`` settings count for ``mycaffe train``, not here.
    """
    registry = solver.net.registry
    document = Document(registry.schema.new("SolverParameter"))
    add_observers(document, [one for one in observers if isinstance(one, str)], registry)
    made = [one for one in observers if not isinstance(one, str)]
    made += build_observers(document, registry)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    followers = Followers(
        made,
        solver_info(solver, place),
        lambda text: followers.post(Log(text, "warning")),
    )
    arrays = ArrayTaker(solver, followers.each)
    notes: list[str] = []
    pictures = PictureTaker(solver.trainer, followers.each, notes.append)
    listeners = [followers.listener, pictures.listener]
    solver.listeners += listeners
    arrays.install()
    followers.post(TrainingStarted(solver.iter, solver.param.max_iter))
    status, message = "done", ""
    try:
        yield
        pictures.finish()
    except BaseException as error:
        status, message = _status_of(error), text_of(error)
        raise
    finally:
        arrays.remove()
        for listener in listeners:
            solver.listeners.remove(listener)
        followers.post(TrainingEnded(solver.iter, status, message))
        for text in [*notes, *followers.end()]:
            warnings.warn(text, MyCaffeWarning, stacklevel=3)
        if status == "done":
            if followers.interrupted:
                raise KeyboardInterrupt
            followers.raise_failure()


def _status_of(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return "diverged" if isinstance(error, DivergedError) else "failed"
