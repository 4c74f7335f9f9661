"""Trainer: drives a solver from a gym, or from whatever else is not a data layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import ConfigError

if TYPE_CHECKING:
    from .forecast import Forecast
    from .net.net import Net
    from .solver.solver import Solver


class Trainer:
    """Base of all trainers. The solver calls it around each of its iterations.

    ``param`` is the TrainerParameter message; relative file names in it count from ``base_dir``.
    For each update the solver calls ``prepare`` before every forward pass (``iter_size`` of them),
    ``collect`` after each backward pass, and ``metrics`` after the update if anyone listens.
    """

    kind: ClassVar[str] = "trainer"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    parameters: ClassVar[tuple[str, ...] | None] = None
    """TrainerParameter fields that the trainer reads; None: derived from ``schema`` or ``type``."""
    mycaffe_properties: ClassVar[Mapping[str, str]] = {}
    """MyCaffe property name -> field path below TrainerParameter ("" for: accepted, no effect)."""
    best_metric: ClassVar[str] = "loss"
    """The metric (smaller is better) by which the best weights are chosen."""

    def __init__(self, solver: Solver, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        self.check(param)
        self.solver, self.param = solver, param
        self.base_dir, self.seed = base_dir or Path("."), seed

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError if a TrainerParameter makes no sense for this trainer; no net is needed."""

    def prepare(self) -> None:
        """Fill the train net's inputs for the next forward pass."""

    def collect(self) -> None:
        """Take what the pass that just ended produced; the weights are not updated yet."""

    def metrics(self) -> dict[str, float]:
        """Return the trainer's own figures after an update, by name."""
        return {}

    def sample(self) -> dict[str, float]:
        """Return what a live view draws of the last update: x, target, prediction; or nothing."""
        return {}

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Run ``net`` with its weights as they are and return the mean figures by name."""
        raise TypeError(f"trainer {self.type} does not define test()")

    def forecast(self, net: Net, steps: int, *, start: Any = None) -> Forecast:
        """Look ``steps`` points beyond what is known, the net feeding on its own predictions.

        ``start``: the last point to take as known, as the data writes its time; None: the last one there is.
        """
        raise ConfigError(f"trainer {self.type} makes no forecasts", hint="RNN.SUPER_SIMPLE does")

    def summary(self) -> dict[str, str]:
        """Return lines that describe the trainer at the start of a run, by title."""
        return {"trainer": self.type}

    def state(self) -> dict[str, Any]:
        """Return all that changes while training, beside net and solver: JSON values and arrays."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned."""

    def draw(self, figure: Any) -> bool:
        """Draw the picture of what was learned into a matplotlib figure; False if there is none."""
        return False

    def close(self) -> None:
        """Release what the trainer holds open."""
