"""Checks for plugin authors: each raises an AssertionError that describes the mistake."""

from __future__ import annotations

from .fillers import check_filler
from .gyms import check_gym
from .layers import check_layer
from .solvers import check_solver
from .strict import strict_device
from .trainers import check_trainer

__all__ = [
    "check_filler",
    "check_gym",
    "check_layer",
    "check_solver",
    "check_trainer",
    "strict_device",
]
