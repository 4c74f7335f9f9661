"""Gym: a source of observations and rewards, with Gymnasium's signatures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .errors import ConfigError

Observation = Mapping[str, np.ndarray]


class Gym:
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
    """GymParameter fields that the gym reads; None means derived from ``schema`` or ``type``."""
    mycaffe_properties: ClassVar[Mapping[str, str]] = {}
    """MyCaffe property name -> field path below GymParameter, for ``custom_trainer_properties``."""
    input_field: ClassVar[str] = ""
    """Field path below GymParameter of the file that the gym reads; ``mycaffe predict --input`` sets it."""
    fit_field: ClassVar[str] = ""
    """Field path below GymParameter of the bool that enables :meth:`fit_model`."""
    starts_anywhere: ClassVar[bool] = False
    """Whether ``reset`` accepts the option ``start``."""

    def __init__(self, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        self.param, self.base_dir, self.seed = param, base_dir or Path("."), seed

    @classmethod
    def input_field_of(cls, param: Any) -> str:
        """Return :attr:`input_field`, or an empty string if a gym with these settings does not read a file."""
        return cls.input_field

    @classmethod
    def fit_model(cls, param: Any, model: Any, blob_names: Any, base_dir: Path) -> None:
        """Adapt a model (a NetParameter message) to a gym with these settings, before its net is built.

        ``blob_names`` (BlobNames) says which blobs the gym fills. Most gyms do not change models.
        """

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

    def statistics(self) -> dict[str, np.ndarray]:
        """Return (F,) arrays of statistics of the columns of ``x`` in training data; empty if there are none.

        ``mean``, ``deviation`` and ``relative_deviation`` (of the differences from a sample's last value), the last two
        above 0: a trainer passes them to the layers; Standardize uses them.
        """
        return {}

    def state(self) -> dict[str, Any]:
        """Return everything that changes while the gym runs: JSON values and NumPy arrays by name."""
        raise TypeError(f"gym {self.type} does not define state(), so it cannot be resumed")

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned."""
        raise TypeError(f"gym {self.type} does not define load_state(), so it cannot be resumed")

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
        """Draw the gym's own picture into a matplotlib figure."""

    def close(self) -> None:
        """Release what the gym holds open."""
