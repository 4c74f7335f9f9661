"""Checks of the settings that all solvers share."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins.registry import Registry

from .schedule import RateSchedule

EVAL_TYPES = ("classification", "detection")
"""What tests may measure; layers with a :class:`~mycaffe_py.layer.Tally` evaluate detections."""


def check_common(param: Any, registry: Registry | None = None) -> None:
    """Raise ConfigError if settings that all solvers share are invalid; the policy is looked up in ``registry``."""
    RateSchedule(param, registry)
    for name, minimum in (("iter_size", 1), ("average_loss", 1), ("display", 0), ("snapshot", 0)):
        value = getattr(param, name)
        if value < minimum:
            raise ConfigError(f"solver: {name} must be at least {minimum}, got {value}", field=name)
    if param.max_iter < 0:
        raise ConfigError(
            f"solver: max_iter must be at least 0, got {param.max_iter}", field="max_iter"
        )
    if not np.isfinite(param.base_lr) or param.base_lr < 0:
        raise ConfigError(
            f"solver: base_lr must be a finite number, at least 0, got {param.base_lr:g}",
            field="base_lr",
        )
    if param.clip_gradients == 0:
        raise ConfigError(
            "solver: clip_gradients 0 would make every gradient 0",
            hint="give the largest allowed norm, above 0, or omit clip_gradients",
            field="clip_gradients",
        )
    if param.eval_type not in EVAL_TYPES:
        raise ConfigError(
            f'solver: unknown eval_type "{param.eval_type}"',
            hint=f"valid: {', '.join(EVAL_TYPES)}",
            field="eval_type",
        )
    if param.weight_decay and param.regularization_type not in ("L1", "L2", "NONE"):
        raise ConfigError(
            f'solver: unknown regularization_type "{param.regularization_type}"',
            hint="valid: L1, L2, NONE",
            field="regularization_type",
        )


def checked_count(iterations: Any) -> int:
    """Return the number of updates given to ``step``, or raise ConfigError unless it is a whole number from 0 on."""
    try:
        count = operator.index(iterations)
    except TypeError:
        raise ConfigError(
            f"step() takes a number of updates, a whole number, not {iterations!r:.80}"
        ) from None
    if count < 0:
        raise ConfigError(f"step() takes a number of updates from 0 on, not {count}")
    return count
