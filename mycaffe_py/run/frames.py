"""live_frame.png: the picture that the gym itself shows, at most twice a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import OutputError
from mycaffe_py.events.events import Event, StepDone
from mycaffe_py.events.observer import Observer
from mycaffe_py.trainer import Trainer

from .png import png_bytes
from .replacing import replace_file

FILE_NAME = "live_frame.png"
_SECONDS_BETWEEN = 0.5
_LEAST_PAUSE = 50
"""Pause after a picture, in times of what it cost: it slows the training by at most 2 %."""


@dataclass(frozen=True)
class FrameTaken(Event):
    """A picture of the gym, (H, W, 3) uint8."""

    pixels: np.ndarray


class FrameTaker:
    """Asks the trainer for a picture, in the training thread and between two updates, when one is due.

    A picture that fails is only a warning, and no further ones are taken.
    """

    def __init__(
        self, trainer: Any, post: Callable[[Event], None], warn: Callable[[str], None]
    ) -> None:
        self._frame, self._post, self._warn = trainer.frame, post, warn
        self._due = 0.0

    @staticmethod
    def suits(trainer: Any) -> bool:
        """Whether a trainer may have pictures."""
        return trainer is not None and type(trainer).frame is not Trainer.frame

    def listener(self, event: Event) -> None:
        """Take a picture after an update, if it is due."""
        now = time.perf_counter()
        if now < self._due or not isinstance(event, StepDone):
            return
        try:
            pixels = self._frame()
            if pixels is not None:
                _check(pixels)
                self._post(FrameTaken(pixels.copy()))
        except Exception as error:
            self._warn(f"no picture of the gym: {type(error).__name__}: {error}")
            self._due = float("inf")
            return
        end = time.perf_counter()
        self._due = end + max(_SECONDS_BETWEEN, _LEAST_PAUSE * (end - now))


def _check(pixels: Any) -> None:
    shape: tuple[int, ...] = getattr(pixels, "shape", ())
    good = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8
    if not good or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        found = f"{pixels.dtype} {shape}" if isinstance(pixels, np.ndarray) else f"{pixels!r:.60}"
        raise TypeError(f"frame() returned {found}; expected an array (H, W, 3) of uint8")


class FrameWriter(Observer):
    """Writes the newest picture."""

    def __init__(self, folder: Path):
        self.path = folder / FILE_NAME
        self._newest: np.ndarray | None = None

    def observe(self, event: Event) -> None:
        """Keep a picture until :meth:`idle`."""
        if isinstance(event, FrameTaken):
            self._newest = event.pixels

    def idle(self) -> None:
        """Write the newest picture, if there is a new one."""
        if self._newest is None:
            return
        try:
            replace_file(self.path, png_bytes(self._newest))
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error
        self._newest = None
