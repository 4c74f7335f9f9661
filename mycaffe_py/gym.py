"""Gym: a source of observations and rewards, with Gymnasium's signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .errors import ConfigError
from .plugins.attributes import set_attributes
from .plugins.idle import unfulfilled
from .refusing import Refuses
from .seeding import named_generator
from .showing import one_line, shows
from .state_names import listed_state, load_listed_state

if TYPE_CHECKING:
    from .plugins.conditions import Only

Observation = Mapping[str, np.ndarray]


class Gym(Refuses):
    """Base class of all gyms.

    ``param`` is the GymParameter message (a gym reads its own ``<x>_param`` in it); file names in it are
    relative to ``base_dir``, the folder of the solver file. All state belongs to the
    instance, and all random numbers follow from its seed.

    An observation is a dict of arrays over the ``n`` latest points, oldest first: ``x`` (n, F) inputs,
    ``tt`` (n,) time, ``mask`` (n, F) 1 where observed, ``target`` (n, O) the values to predict.
    """

    kind: ClassVar[str] = "gym"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    parameters: ClassVar[tuple[str, ...] | None] = None
    """GymParameter fields that it reads besides its schema's; None: those alone, or the one named after ``type``."""
    conditions: ClassVar[tuple[Only, ...]] = ()
    """Settings that have an effect only under a condition, as paths below GymParameter."""
    mycaffe_properties: ClassVar[Mapping[str, str]] = {}
    """MyCaffe property name -> field path below GymParameter, for ``custom_trainer_properties``."""
    input_field: ClassVar[str] = ""
    """Field path below GymParameter of the file that the gym reads; ``mycaffe predict --input`` sets it."""
    fit_field: ClassVar[str] = ""
    """Field path below GymParameter of the bool that enables :meth:`fit_model`."""
    starts_anywhere: ClassVar[bool] = False
    """Whether ``reset`` accepts the option ``start``."""
    state_names: ClassVar[tuple[str, ...]] = ()
    """The attributes that change while the gym runs: numbers, texts, arrays, lists, random generators. They are the
    state, with those of the base classes. A gym may define ``state`` and ``load_state`` instead."""

    def __init__(self, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        refuse_idle(type(self), param)
        self.param, self.base_dir, self.seed = param, base_dir or Path("."), seed
        self.rng = named_generator(seed, "gym")
        """A generator for the gym's random numbers; see :meth:`reseed`."""
        self.check()

    @shows
    def __repr__(self) -> str:
        return one_line(type(self).__name__, repr(self.describe()), seed=self.seed)

    @classmethod
    def input_field_of(cls, param: Any) -> str:
        """Return :attr:`input_field`, or an empty string if a gym with these settings does not read a file."""
        return cls.input_field

    @classmethod
    def fit_model(cls, param: Any, model: Any, blob_names: Any, base_dir: Path) -> None:
        """Adapt a model (a NetParameter message) to a gym with these settings, before its net is built.

        ``blob_names`` (BlobNames) says which blobs the gym fills. Most gyms do not change models.
        """

    def check(self) -> None:
        """Raise ConfigError, by :meth:`fail`, if ``param`` is invalid for this gym; called once, by the constructor."""

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a new episode (with a new seed, if given) and return (observation, info).

        ``options`` may ask for ``random_start`` (a bool), as trainers do for all but the first gym of a batch; for
        ``part`` "test", data that training does not see; for ``forecast`` (a bool), the last known point, or the
        last one up to ``start``, from which ``look_ahead`` continues. A gym ignores options that do not apply to it.
        """
        raise TypeError(f"gym {self.type} does not define reset()")

    def step(self, action: Any = None) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take the prediction for the latest point and advance by one point.

        Returns (observation, reward, terminated, truncated, info). ``action`` None means that no
        prediction was made.
        """
        raise TypeError(f"gym {self.type} does not define step()")

    def look_ahead(self, prediction: Any = None) -> tuple[Observation, dict[str, Any]]:
        """Advance by one point into the unknown future and return (observation, info).

        The latest point's value is taken to be ``prediction`` (O,), in the units of ``target``, or with None
        its true value. So a net is fed its own predictions. ``info`` has ``time``, and ``target`` (O,),
        NaN where the gym does not know it. ``step`` may have returned ``terminated`` before.
        """
        raise ConfigError(
            f"gym {self.type} cannot look ahead, so nothing can be predicted beyond its data",
            hint="define look_ahead() in the gym's class",
        )

    def past(self) -> dict[str, Any]:
        """Return the data known when ``look_ahead`` begins, for the table and picture of a forecast.

        ``time`` (n,) and ``value`` (n, O), NaN where unknown; ``names`` of the O quantities and ``time_name``;
        ``time_text``, a function that formats a time as in the data; ``dates``: whether times are days
        since 1970. Empty if the gym has no such data.
        """
        return {}

    def forecast_notes(self, steps: int) -> Sequence[str]:
        """Return what has to be said about a forecast of ``steps`` points, a line each; asked before ``look_ahead``."""
        return ()

    def statistics(self) -> dict[str, np.ndarray]:
        """Return (F,) arrays of statistics of the columns of ``x`` in training data; empty if there are none.

        ``mean``, ``deviation`` and ``relative_deviation`` (of the differences from a sample's last value), the last two
        above 0: a trainer passes them to the layers; Standardize uses them.
        """
        return {}

    def reseed(self, seed: int | None) -> None:
        """Restart ``rng`` if a seed is given, as ``reset`` gets it; with None, it goes on.

        Its state, which belongs to the gym's, is ``rng.bit_generator.state``.
        """
        if seed is not None:
            self.rng = named_generator(seed, "gym")

    @staticmethod
    def observation(x: Any, target: Any, tt: Any = None, mask: Any = None) -> dict[str, np.ndarray]:
        """Return an observation of n points, oldest first, in the form that ``reset`` and ``step`` return.

        ``x`` (n,) or (n, F) and ``target`` (n,) or (n, O) get their second axis if it is missing. Without ``tt`` (n,),
        points are 1 apart; without ``mask``, of the shape of ``x``, all of ``x`` is observed.
        """
        columns = [np.asarray(values, dtype=float) for values in (x, target)]
        x, target = (each[:, None] if each.ndim == 1 else each for each in columns)
        observed = np.ones(x.shape) if mask is None else np.asarray(mask, dtype=float)
        spans = np.ones(len(x)) if tt is None else np.asarray(tt, dtype=float)
        return {"x": x, "tt": spans, "mask": observed.reshape(x.shape), "target": target}

    @staticmethod
    def reward_for(action: Any, target: Any) -> float:
        """Return minus the mean absolute error of a prediction, ``action`` (O,), for ``target`` (O,); 0 without one."""
        if action is None:
            return 0.0
        return -float(np.mean(np.abs(np.asarray(action, dtype=float) - np.asarray(target))))

    def state(self) -> dict[str, Any]:
        """Return everything that changes while the gym runs: JSON values and NumPy arrays by name.

        By default the attributes in ``state_names``.
        """
        return listed_state(self, needed=True)

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; by default, ``state_names`` or else the attributes of these names."""
        if not load_listed_state(self, state):
            set_attributes(self, state)

    def time_form(self) -> str | None:
        """Return what ``tt`` contains: ``"spans"`` (since the previous point), ``"absolute"``, or None if neither."""
        return None

    def describe(self) -> str:
        """Return a one-line description of the gym and its settings."""
        return self.type

    def sample_info(self) -> dict[str, Any]:
        """Return the labels of a live view: ``names`` of the O values of ``target``, ``x_name``, ``dates``.

        ``x_name`` is what ``info["x"]`` is (without it ``info["time"]``); ``dates``: whether that is in days since
        1970. What is missing is named by a rule: y, or y[0], y[1], ..., over x.
        """
        return {}

    def frame(self) -> np.ndarray | None:
        """Return the gym's picture as it is now, (H, W, 3) uint8, or None if it has none.

        For gyms that look like something, such as a game or a robot: a live view shows it. Called at most twice a
        second while training, between two steps; it must not change the gym.
        """
        return None

    def draw(self, figure: Any) -> None:
        """Draw the gym's own picture into a matplotlib figure.

        A gym that draws nothing gets the default picture: target, prediction and error of the latest samples.
        """

    def close(self) -> None:
        """Release what the gym holds open."""


def refuse_idle(cls: type[Gym], param: Any) -> None:
    """Raise ConfigError for settings in a GymParameter whose conditions, declared by the class, do not hold."""
    for idle in unfulfilled(cls, "gyms", param):
        if idle.refused:
            raise ConfigError(f"gym {cls.type}: {idle.message}", hint=idle.hint, field=idle.field)
