"""What observers ask for beyond the usual events: copies made in the training thread, between updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .events import Event


@dataclass(frozen=True)
class ArraysTaken(Event):
    """Copies of all parameters and their gradients, by ``layer/index``, as NumPy arrays.

    Parameters are those before update ``iteration``, gradients those that the update is computed from: means over
    ``iter_size``, before clipping and weight decay.
    """

    iteration: int
    parameters: Mapping[str, np.ndarray]
    gradients: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class PictureTaken(Event):
    """The trainer's picture of what was learned (curve.png at the end of a run), (H, W, 3) uint8."""

    iteration: int
    pixels: np.ndarray
