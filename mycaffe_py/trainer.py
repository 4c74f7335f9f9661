"""Trainer: feeds a solver from a gym, or from any other source that is not a data layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .errors import ConfigError

if TYPE_CHECKING:
    from .forecast import Forecast
    from .net.net import Net
    from .solver.solver import Solver


class Trainer:
    """Base class of all trainers. The solver calls it around each of its iterations.

    ``param`` is the TrainerParameter message; file names in it are relative to ``base_dir``.
    For each update the solver calls ``prepare`` before every forward pass (``iter_size`` of them),
    ``collect`` after each backward pass, and ``metrics`` after the update if there are listeners.
    """

    kind: ClassVar[str] = "trainer"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    parameters: ClassVar[tuple[str, ...] | None] = None
    """TrainerParameter fields that the trainer reads; None means derived from ``schema`` or ``type``."""
    mycaffe_properties: ClassVar[Mapping[str, str]] = {}
    """MyCaffe property name -> field path below TrainerParameter ("" if accepted without effect)."""
    best_metric: ClassVar[str] = "loss"
    """The metric (smaller is better) by which the best weights are chosen."""

    def __init__(self, solver: Solver, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        self.check(param)
        self.solver, self.param = solver, param
        self.base_dir, self.seed = base_dir or Path("."), seed

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError if a TrainerParameter is invalid for this trainer; no net is needed."""

    def prepare(self) -> None:
        """Fill the train net's inputs for the next forward pass."""

    def collect(self) -> None:
        """Collect the results of the pass that just ended; the weights are not updated yet."""

    def metrics(self) -> dict[str, float]:
        """Return the trainer's own metrics after an update, by name."""
        return {}

    def sample(self) -> dict[str, Any]:
        """Return what a live view draws of the last update, or nothing.

        ``x`` (a float), ``target`` and ``prediction`` (a list of floats each, or one float), and ``time`` (a float)
        if it is not x. A new dict for each update: it is read later.
        """
        return {}

    def sample_info(self) -> dict[str, Any]:
        """Return how a live view labels the samples; what is missing is named by a rule.

        ``names`` of the values in ``target`` (a list), ``x_name``, ``tolerance`` (the largest error of a
        prediction that counts as correct, or None), and ``dates``: whether x is in days since 1970.
        """
        return {}

    def frame(self) -> np.ndarray | None:
        """Return a picture of the source itself, (H, W, 3) uint8, for a live view, or None.

        Called at most twice a second, after an update.
        """
        return None

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Run ``net`` without changing its weights and return the mean metrics by name."""
        raise TypeError(f"trainer {self.type} does not define test()")

    def forecast(self, net: Net, steps: int, *, start: Any = None) -> Forecast:
        """Forecast ``steps`` points beyond the known data, feeding the net its own predictions.

        ``start``: the time of the last point to treat as known, as written in the data; None: the last one in the data.
        """
        raise ConfigError(f"trainer {self.type} cannot forecast", hint="RNN.SUPER_SIMPLE can")

    def summary(self) -> dict[str, str]:
        """Return lines that describe the trainer at the start of a run, by title."""
        return {"trainer": self.type}

    def state(self) -> dict[str, Any]:
        """Return everything that changes while training, besides net and solver: JSON values and arrays."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned."""

    def draw(self, figure: Any) -> bool:
        """Draw a picture of what was learned into a matplotlib figure; return False if there is none."""
        return False

    def close(self) -> None:
        """Release what the trainer holds open."""
