"""Trainer: feeds a solver from a gym, or from any other source that is not a data layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins.attributes import set_attributes
from mycaffe_py.refusing import Refuses
from mycaffe_py.showing import one_line, shows
from mycaffe_py.state_names import listed_state, load_listed_state

if TYPE_CHECKING:
    from mycaffe_py.forecast import Forecast, Forecasts
    from mycaffe_py.net.net import Net
    from mycaffe_py.plugins.conditions import Only
    from mycaffe_py.solver.solver import Solver

    from .gym_batch import GymBatch
    from .report import Report


class Trainer(Refuses):
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
    """TrainerParameter fields that it reads besides its schema's; None: those alone, or that named after ``type``."""
    conditions: ClassVar[tuple[Only, ...]] = ()
    """Settings that have an effect only under a condition, as paths below TrainerParameter."""
    mycaffe_properties: ClassVar[Mapping[str, str]] = {}
    """MyCaffe property name -> field path below TrainerParameter ("" if accepted without effect)."""
    best_metric: ClassVar[str] = "loss"
    """The metric (smaller is better) by which the best weights are chosen: of tests, else of updates."""
    default_steps: int | None = None
    """The points that ``mycaffe predict`` forecasts without ``--steps``; may be a property. None: it must be given."""
    state_names: ClassVar[tuple[str, ...]] = ()
    """The attributes that change while training: numbers, texts, arrays, lists, random generators, and objects with
    ``state`` and ``load_state``. They are the state, with those of the base classes."""

    def __init__(self, solver: Solver, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        self.check(param)
        self.solver, self.param = solver, param
        self.base_dir, self.seed = base_dir or Path("."), seed

    @shows
    def __repr__(self) -> str:
        return one_line(type(self).__name__, repr(self.type), net=repr(self.solver.net.name))

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError, by :meth:`fail`, if a TrainerParameter is invalid for this trainer; no net is needed."""

    @classmethod
    def fit_solver(cls, param: Any, solver: Any, model: Any, base_dir: Path) -> None:
        """Fill in fields of a SolverParameter message that are not set, such as ``max_iter``, before nets are built.

        ``param`` is the TrainerParameter, ``model`` the train net's NetParameter, fitted to the gym; change neither.
        Test a field with ``solver.HasField``: what the file or the command line says stays. Of a file that names
        no net, ``mycaffe check`` does not call it. ConfigError, by :meth:`fail`, if the data do not allow it.
        """

    @classmethod
    def runs(cls, param: Any) -> str:
        """Return the type of another trainer that runs with the same TrainerParameter, or ""."""
        return ""

    def gym_batch(self, net: Net, purpose: str = "train") -> GymBatch:
        """Return the gyms that the settings ask for, one for each item of the net's batch: see :class:`GymBatch`.

        ``purpose`` is "train", "test" or "forecast". ConfigError, ShapeError or DataError if gym and net do not fit.
        """
        from .gym_batch import GymBatch

        return GymBatch(net, self.param, self.base_dir, self.seed, purpose)

    def prepare(self) -> None:
        """Fill the train net's inputs for the next forward pass."""

    def collect(self) -> None:
        """Collect the results of the pass that just ended; the weights are not updated yet."""

    def updated(self) -> None:
        """Do what is due after an update: the weights are the new ones, and ``solver.iter`` counts it.

        A trainer may validate here, set other weights, and end the training by ``solver.finish()``.
        """

    def ended(self) -> str:
        """Return why no update can follow, and what to do instead; "" if the training may go on."""
        return ""

    def best_weights(self) -> tuple[float, int, Any] | None:
        """Return the weights that the trainer holds to be the best so far, if it chooses them itself; else None.

        Their value of ``best_metric``, the iteration at which they were found, and a copy of ``net.parameters.data``.
        A trainer that chooses returns NaN, 0 and None until it has any.
        """
        return None

    def collects_outputs_only(self) -> bool:
        """Whether :meth:`collect` looks at the net's outputs only, so that the weights may have been updated before.

        On a GPU, pass and update are then made as one piece of work.
        """
        return False

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

    def test_report(self, net: Net) -> Report | None:
        """Return a report on all test data, made without changing the net's weights, or None.

        ``mycaffe test`` prints it in place of the mean metrics; it may be written as a table.
        """
        return None

    def report(self) -> Report | None:
        """Return a report on the training, which the command prints and keeps in the run folder, or None.

        Called once, after the last snapshot of a run that was not ended by an error. It may run the train net, whose
        weights are those of the last update, and test nets. An exception in it is shown as a warning.
        """
        return None

    def forecast(self, net: Net, steps: int, *, start: Any = None) -> Forecast | Forecasts:
        """Forecast ``steps`` points beyond the known data, feeding the net its own predictions.

        ``start``: the time of the last point to treat as known, as written in the data; None: the last one in the data.
        A trainer for data of several series takes ``series``, too, a list of names, and may return ``Forecasts``.
        """
        raise ConfigError(f"trainer {self.type} cannot forecast", hint="RNN.SUPER_SIMPLE can")

    def summary(self) -> dict[str, str]:
        """Return lines that describe the trainer at the start of a run, by title."""
        return {"trainer": self.type}

    def state(self) -> dict[str, Any]:
        """Return everything that changes while training, besides net and solver: JSON values and arrays.

        By default the attributes in ``state_names``.
        """
        return listed_state(self)

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; by default, ``state_names`` or else the attributes of these names."""
        if not load_listed_state(self, state):
            set_attributes(self, state)

    def draw(self, figure: Any) -> bool:
        """Draw a picture of what was learned into a matplotlib figure; return False if there is none.

        Without one, or if the figure stays empty, ``curve.png`` shows target, prediction and error of the latest
        samples (:meth:`sample`), if there are any.
        """
        return False

    def close(self) -> None:
        """Release what the trainer holds open."""
