"""Tally: what a layer reports of a whole test, where the mean of its tops says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np


class Tally(Protocol):
    """Collects a layer's tops over the passes of one test.

    A layer that has one defines ``test_tally(settings)``, which returns a new one for each test; ``settings`` is the
    SolverParameter, or None in a test without a solver. Its tops are then not averaged.
    """

    higher_is_better: bool
    """Whether larger values of the first figure are better, for the choice of the best weights."""

    def add(self, tops: Sequence[np.ndarray]) -> None:
        """Take the tops of one pass, host arrays that must not be changed or kept."""

    def figures(self) -> Mapping[str, float]:
        """Return the test's figures: first one of the name of the layer's top, then any others."""
