"""The built-in trainers, which drive a solver with data from a gym."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.plugins import hookimpl

from .dual import MyCaffeTrainerDual
from .rnn_simple import TrainerRNNSimple


@hookimpl
def mycaffe_trainers():
    """Return the trainers of this package."""
    return [TrainerRNNSimple, MyCaffeTrainerDual]


@hookimpl
def mycaffe_schema():
    """Return the schema of their settings."""
    return [Path(__file__).with_name("trainers.proto")]
