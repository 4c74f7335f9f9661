"""The built-in trainers, which drive a solver with data from a gym."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.plugins import hookimpl
from mycaffe_py.trainer import Trainer

from .dual import MyCaffeTrainerDual
from .rnn_simple import TrainerRNNSimple


@hookimpl
def mycaffe_trainers() -> list[type[Trainer]]:
    """Return the trainers of this package."""
    return [TrainerRNNSimple, MyCaffeTrainerDual]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schema of their settings."""
    return [Path(__file__).with_name("trainers.proto")]
