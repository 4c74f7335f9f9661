"""Copies of arrays and pictures for the observers that ask for them, made in the training thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.errors import MissingExtraError, require
from mycaffe_py.events.events import Event, StepDone
from mycaffe_py.events.taken import ArraysTaken, PictureTaken
from mycaffe_py.trainer import Trainer

from .followers import Follower

MOST_BYTES = 64 * 2**20
"""Copies that may wait for an observer, in bytes; one copy may in any case."""
MOST_PICTURES = 10
"""Pictures that may wait for an observer, of about 1.3 MB each; the last one is passed in any case."""
_LEAST_PAUSE = 50
"""Pause after a picture, in times of what it cost: it slows the training by at most 2 %."""


class ArrayTaker:
    """Copies parameters and gradients when an observer's interval asks for it, just before the update."""

    def __init__(self, solver: Any, followers: Sequence[Follower]):
        self._solver = solver
        self._asking = [one for one in followers if one.observer.arrays_every > 0]
        self._callback: tuple[Callable[[], None], Callable[[], None]] = (_nothing, self._take)

    def install(self) -> None:
        """Take copies from now on."""
        if self._asking:
            self._solver.add_callback(*self._callback)

    def remove(self) -> None:
        """Take no more copies."""
        if self._asking:
            self._solver.remove_callback(*self._callback)

    def _take(self) -> None:
        iteration = self._solver.iter + 1
        most = MOST_BYTES // max(1, 2 * self._solver.net.parameters.data.nbytes)
        due = [
            one
            for one in self._asking
            if iteration % one.observer.arrays_every == 0
            and one.waiting(ArraysTaken) < max(1, most)
        ]
        if due:
            event = taken_arrays(self._solver, iteration)
            for one in due:
                one.post(event)


def _nothing() -> None:
    """Do nothing before an iteration."""


def taken_arrays(solver: Any, iteration: int) -> ArraysTaken:
    """Return copies of a solver's parameters and gradients, all of each in one array."""
    send_writes()
    buffer, device = solver.net.parameters, solver.net.device
    data = np.array(device.to_host(buffer.data))
    diff = np.array(device.to_host(buffer.diff)) / solver.param.iter_size
    data.flags.writeable = diff.flags.writeable = False  # several observers may get them
    parameters, gradients = {}, {}
    for owner in buffer.owners:
        part, shape = buffer.slice_of(owner), owner.blob.shape
        name = f"{owner.layer.name}/{owner.index}"
        parameters[name], gradients[name] = data[part].reshape(shape), diff[part].reshape(shape)
    return ArraysTaken(iteration, parameters, gradients)


class PictureTaker:
    """Lets the trainer draw when an observer's interval asks for it. What fails is a warning, and the last picture."""

    def __init__(
        self, trainer: Any, followers: Sequence[Follower], warn: Callable[[str], None]
    ) -> None:
        self._trainer, self._warn = trainer, warn
        asking = [one for one in followers if one.observer.pictures_every > 0]
        can_draw = trainer is not None and type(trainer).draw is not Trainer.draw
        self._asking = asking if can_draw else []
        self._due = 0.0
        self._latest = self._drawn = 0

    def listener(self, event: Event) -> None:
        """Draw after an update, if it is due."""
        if not self._asking or not isinstance(event, StepDone):
            return
        self._latest = iteration = event.iteration
        due = [
            one
            for one in self._asking
            if iteration % one.observer.pictures_every == 0
            and one.waiting(PictureTaken) < MOST_PICTURES
        ]
        if due and time.perf_counter() >= self._due:
            self._draw(iteration, due)

    def finish(self) -> None:
        """Draw how it ended, for all who ask, if that was not drawn yet."""
        if self._asking and self._latest > self._drawn:
            self._draw(self._latest, self._asking)

    def _draw(self, iteration: int, due: Sequence[Follower]) -> None:
        now = time.perf_counter()
        self._drawn = iteration
        try:
            pixels = drawn_pixels(self._trainer)
        except Exception as error:
            hint = f"; {error.hint}" if isinstance(error, MissingExtraError) else ""
            self._warn(f"no pictures for observers: {type(error).__name__}: {error}{hint}")
            self._asking = []
            return
        if pixels is not None:
            for one in due:
                one.post(PictureTaken(iteration, pixels))
        end = time.perf_counter()
        self._due = end + _LEAST_PAUSE * (end - now)


def drawn_pixels(trainer: Any) -> np.ndarray | None:
    """Return a trainer's picture, (H, W, 3) uint8, or None if it has none yet."""
    figure = require("matplotlib.figure", "plot").Figure(figsize=(9, 5), layout="constrained")
    canvas = require("matplotlib.backends.backend_agg", "plot").FigureCanvasAgg(figure)
    if not trainer.draw(figure):
        return None
    canvas.draw()
    pixels = np.array(canvas.buffer_rgba())[:, :, :3].copy()
    pixels.flags.writeable = False  # several observers may get it
    return pixels
