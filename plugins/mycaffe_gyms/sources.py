"""Where the values of a curve come from: a formula or a random walk (a CSV file: csv_source.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np


class Point(NamedTuple):
    """A point of a curve; where it is not ``observed``, ``y`` is the best that is known."""

    x: float
    y: float
    observed: bool


class Source:
    """Base of the sources: gives one point after the other."""

    gives_x = False
    """Whether the source sets x itself and leaves the x that the gym proposes unused."""
    ends = False
    """Whether there is a last point."""
    knows_unobserved = True
    """Whether ``y`` is right, and a prediction of it can be judged, where it is not observed."""
    x_label = "x (radians)"
    y_label = "y"

    def reset(self, rng: np.random.Generator, random_start: bool) -> None:
        """Begin again; with ``random_start`` at a random place, if the source has places."""

    @property
    def exhausted(self) -> bool:
        """Whether no point is left."""
        return False

    def next(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next point, which the gym proposes to put at ``x``."""
        raise TypeError(f"{type(self).__name__} does not define next()")

    def ahead(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next point, of which nothing has been seen yet; ``y`` is NaN where it is not known."""
        return self.next(x, rng)

    def state(self) -> dict[str, Any]:
        """Return what changes from point to point, as JSON values."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned."""


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
        """Begin again at 0."""
        self._next_y = 0.0

    def next(self, x: float, rng: np.random.Generator) -> Point:
        """Return the next point of the walk, at ``x``."""
        y = self._next_y
        change = (2 * rng.random() - 1) * self._largest_change
        self._next_y = min(1.0, max(-1.0, y + change))
        return Point(x, y, True)

    def ahead(self, x: float, rng: np.random.Generator) -> Point:
        """Return a point without a value: where a random walk goes, nobody knows."""
        return Point(x, math.nan, False)

    def state(self) -> dict[str, Any]:
        """Return the value that comes next."""
        return {"next_y": self._next_y}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned."""
        self._next_y = float(state["next_y"])
