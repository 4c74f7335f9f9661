"""Sources of a curve's values: a formula or a random walk (for a CSV file, see csv_source.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from mycaffe_py.stored import Stored

OTHER_CURVE = "the snapshot is of a gym with another curve: --weights starts a new run"
"""What to say where a state has nothing of this source."""


class Point(NamedTuple):
    """A point of a curve; if not ``observed``, ``y`` is the best known value."""

    x: float
    y: float
    observed: bool


class Source:
    """Base class of the sources: yields one point after the other."""

    gives_x = False
    """Whether the source sets x itself and ignores the x that the gym proposes."""
    ends = False
    """Whether there is a last point."""
    knows_unobserved = True
    """Whether ``y`` is the true value even where not observed, so that predictions can be judged there."""
    x_label = "x (radians)"
    y_label = "y"

    def reset(self, rng: np.random.Generator, random_start: bool) -> None:
        """Restart; with ``random_start`` at a random position, if the source has positions."""

    @property
    def exhausted(self) -> bool:
        """Whether no point is left."""
        return False

    def next(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next point; the gym proposes to put it at ``x``."""
        raise TypeError(f"{type(self).__name__} does not define next()")

    def ahead(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next, future point; ``y`` is NaN where it is unknown."""
        return self.next(x, rng)

    def state(self) -> dict[str, Any]:
        """Return the state that changes from point to point, as JSON values."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned."""


class Formula(Source):
    """y = function(x)."""

    def __init__(self, function: Callable[[float], float]):
        self._function = function

    def next(self, x: float, rng: np.random.Generator) -> Point:
        """Return the point at ``x``."""
        return Point(x, self._function(x), True)


class RandomWalk(Source):
    """y starts at 0 and changes by U[-largest_change, largest_change], clipped to [-1, 1]."""

    def __init__(self, largest_change: float):
        self._largest_change = largest_change
        self._next_y = 0.0

    def reset(self, rng: np.random.Generator, random_start: bool) -> None:
        """Restart at 0."""
        self._next_y = 0.0

    def next(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next point of the walk, at ``x``."""
        y = self._next_y
        change = (2 * rng.random() - 1) * self._largest_change
        self._next_y = min(1.0, max(-1.0, y + change))
        return Point(x, y, True)

    def ahead(self, x: float, rng: np.random.Generator) -> Point:
        """Return a point without a value: a random walk cannot be predicted."""
        return Point(x, math.nan, False)

    def state(self) -> dict[str, Any]:
        """Return the value that comes next."""
        return {"next_y": self._next_y}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned."""
        self._next_y = Stored(state, "gym: source", OTHER_CURVE).number("next_y")
