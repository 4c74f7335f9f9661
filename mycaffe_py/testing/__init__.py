"""Checks for plugin authors: each raises an AssertionError that describes the mistake."""

from __future__ import annotations

from .fillers import check_filler
from .gradient_result import LayerGradient
from .gradient_tables import net_gradients, plugin_gradients
from .gyms import check_gym
from .layers import check_layer
from .lr_policies import check_lr_policy
from .making import make
from .observers import check_observer
from .solvers import check_solver
from .strict import strict_device
from .trainers import check_trainer

__all__ = [
    "LayerGradient",
    "check_filler",
    "check_gym",
    "check_layer",
    "check_lr_policy",
    "check_observer",
    "check_solver",
    "check_trainer",
    "make",
    "net_gradients",
    "plugin_gradients",
    "strict_device",
]
