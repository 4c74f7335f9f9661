"""Learning-rate policies, as Caffe's GetLearningRate (with MyCaffe's ``sigmoid_inv``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mycaffe_py.errors import ConfigError

# Each takes (SolverParameter, iteration, current_step) and returns the rate. A new one also has its place in
# check_policy, if it needs a setting, and in the comment of lr_policy in protos/solver.proto.
POLICIES: dict[str, Callable[[Any, int, int], float]] = {
    "fixed": lambda p, i, step: p.base_lr,
    "step": lambda p, i, step: p.base_lr * p.gamma ** (i // p.stepsize),
    "exp": lambda p, i, step: p.base_lr * p.gamma**i,
    "inv": lambda p, i, step: p.base_lr * (1 + p.gamma * i) ** -p.power,
    "multistep": lambda p, i, step: p.base_lr * p.gamma**step,
    "poly": lambda p, i, step: p.base_lr * max(0.0, 1 - i / p.max_iter) ** p.power,
    "sigmoid": lambda p, i, step: p.base_lr * _logistic(p.gamma * (i - p.stepsize)),
    "sigmoid_inv": lambda p, i, step: p.base_lr * _logistic(-p.gamma * (i - p.stepsize)),
}


def _logistic(z: float) -> float:
    """1 / (1 + exp(-z)), exact in both tails."""
    small = math.exp(-abs(z))
    return (1.0 if z >= 0 else small) / (1.0 + small)


def check_policy(param: Any) -> None:
    """Raise ConfigError if the policy is unknown or lacks a setting that it needs."""
    policy = param.lr_policy
    if policy not in POLICIES:
        message = f'unknown lr_policy "{policy}"' if policy else "lr_policy is not set"
        hint = f"valid: {', '.join(POLICIES)}"
        raise ConfigError(message, hint=hint, nearest=(policy, POLICIES), field="lr_policy")
    needed, field = "", "lr_policy"
    if policy == "step" and param.stepsize <= 0:
        needed, field = f"stepsize > 0, {_given(param, 'stepsize')}", "stepsize"
    elif policy in ("step", "exp", "multistep") and not param.HasField("gamma"):
        needed = "gamma, the factor of each step"
    elif policy == "poly" and param.max_iter <= 0:
        needed, field = f"max_iter > 0, {_given(param, 'max_iter')}", "max_iter"
    if needed:
        at = field if param.HasField(field) else "lr_policy"
        raise ConfigError(f'lr_policy "{policy}" needs {needed}', field=at)


def _given(param: Any, name: str) -> str:
    return f"got {getattr(param, name)}" if param.HasField(name) else f"but {name} is not set"


def learning_rate(param: Any, iteration: int, current_step: int) -> tuple[float, int]:
    """Return (rate, current_step) for an iteration.

    ``multistep`` advances by at most one step per call, when ``iteration`` has reached the next
    ``stepvalue``; the other policies do not change ``current_step``.
    """
    if (
        param.lr_policy == "multistep"
        and current_step < len(param.stepvalue)
        and iteration >= param.stepvalue[current_step]
    ):
        current_step += 1
    return POLICIES[param.lr_policy](param, iteration, current_step), current_step
