"""Gym: a source of observations that answers with a reward, with Gymnasium's signatures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .errors import ConfigError

Observation = Mapping[str, np.ndarray]


class Gym:
    """Base of all gyms.

    ``param`` is the GymParameter message (a gym reads its own ``<x>_param`` in it); relative file
    names in it count from ``base_dir``, the folder of the solver file. All state belongs to the
    instance, every random number to its seed.

    An observation is a dict of arrays over the ``n`` latest points, oldest first: ``x`` (n, F) inputs,
    ``tt`` (n,) time, ``mask`` (n, F) 1 where observed, ``target`` (n, O) what to predict.
    """

    kind: ClassVar[str] = "gym"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    parameters: ClassVar[tuple[str, ...] | None] = None
    """GymParameter fields that the gym reads; None: derived from ``schema`` or ``type``."""
    mycaffe_properties: ClassVar[Mapping[str, str]] = {}
    """MyCaffe property name -> field path below GymParameter, for ``custom_trainer_properties``."""
    input_field: ClassVar[str] = ""
    """Field path below GymParameter of the file that the gym reads; ``mycaffe predict --input`` sets it."""
    fit_field: ClassVar[str] = ""
    """Field path below GymParameter of the bool that makes :meth:`fit_model` change models."""
    starts_anywhere: ClassVar[bool] = False
    """Whether ``reset`` takes the option ``start``."""

    def __init__(self, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        self.param, self.base_dir, self.seed = param, base_dir or Path("."), seed

    @classmethod
    def input_field_of(cls, param: Any) -> str:
        """Return :attr:`input_field`; empty where a gym of these settings reads no file."""
        return cls.input_field

    @classmethod
    def fit_model(cls, param: Any, model: Any, blob_names: Any, base_dir: Path) -> None:
        """Change a model, a NetParameter message, to what a gym of these settings gives; its net is built after that.

        ``blob_names`` (BlobNames) says which blobs the gym fills. Most gyms leave models as they are.
        """

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start anew (with another seed, if given) and return (observation, info).

        ``options`` may ask for ``random_start`` (a bool): trainers do for all but the first gym of a batch; for
        ``part`` "test": data that training does not see; for ``forecast`` (a bool): the last point that is known,
        or the last up to ``start``, from which ``look_ahead`` goes on. A gym that has no such thing takes no notice.
        """
        raise TypeError(f"gym {self.type} does not define reset()")

    def step(self, action: Any = None) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take the prediction for the latest point and move on by one point.

        Returns (observation, reward, terminated, truncated, info). ``action`` None means that no
        prediction was made.
        """
        raise TypeError(f"gym {self.type} does not define step()")

    def look_ahead(self, prediction: Any = None) -> tuple[Observation, dict[str, Any]]:
        """Move on by one point into the future, where nothing is known, and return (observation, info).

        What the latest point turned out to be is taken to be ``prediction`` (O,), in the units of ``target``; None:
        what it really was. So a net feeds on its own predictions. ``info`` holds ``time``, and ``target`` (O,),
        NaN where the gym itself does not know it. Before it, ``step`` may have said ``terminated``.
        """
        raise ConfigError(
            f"gym {self.type} does not look ahead, so nothing can be predicted beyond its data",
            hint="write look_ahead() in the gym's class",
        )

    def past(self) -> dict[str, Any]:
        """Return what is known where ``look_ahead`` begins, for the table and picture of a forecast.

        ``time`` (n,) and ``value`` (n, O), NaN where unknown; ``names`` of the O quantities and ``time_name``;
        ``time_text``, a function from a time to what the data writes for it; ``dates``: whether times are days
        since 1970. Empty where the gym keeps nothing of the kind.
        """
        return {}

    def statistics(self) -> dict[str, np.ndarray]:
        """Return (F,) arrays about the columns of ``x`` in training data; empty if there are none.

        ``mean``, ``deviation`` and ``relative_deviation`` (of the differences from a sample's last value), the last two
        above 0: a trainer gives them to the layers, of which Standardize takes them.
        """
        return {}

    def state(self) -> dict[str, Any]:
        """Return all that changes while the gym runs: JSON values and NumPy arrays by name."""
        raise TypeError(f"gym {self.type} does not define state(), so it cannot be resumed")

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned."""
        raise TypeError(f"gym {self.type} does not define load_state(), so it cannot be resumed")

    def time_form(self) -> str | None:
        """What ``tt`` holds: ``"spans"`` (since the point before), ``"absolute"``, or None: anything else."""
        return None

    def describe(self) -> str:
        """Return one line for people: the gym and what it is set to."""
        return self.type

    def draw(self, figure: Any) -> None:
        """Draw the gym's own picture into a matplotlib figure."""

    def close(self) -> None:
        """Release what the gym holds open."""
