"""What a solver's settings say before it runs: the course of its learning rate, and the fields that it reads."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema.decimals import DecimalSettings

from .lr_policy import POLICIES, check_policy, learning_rate


def rate_course(param: Any, points: int = 200) -> tuple[list[int], list[float | None]] | None:
    """Return up to ``points`` updates, evenly spread from 0 to the last one of ``max_iter``, and their learning rates.

    A rate that is no finite number is None. Returns None if there are no updates, or the policy lacks a setting.
    """
    try:
        check_policy(param)
    except ConfigError:
        return None
    last = param.max_iter - 1
    if last < 0:
        return None
    settings, step = DecimalSettings(param), 0
    count = min(points, last + 1)
    updates = [last * at // max(count - 1, 1) for at in range(count)]
    rates: list[float | None] = []
    for update in updates:
        rate, step = _rate_at(settings, update, step)
        rates.append(rate)
    return updates, rates


def _rate_at(settings: Any, update: int, step: int) -> tuple[float | None, int]:
    """Return the rate at an update, with the steps of all updates up to it, and the step."""
    while True:
        try:
            rate, after = learning_rate(settings, update, step)
        except (ArithmeticError, ValueError):
            return None, step
        if after == step:
            break
        step = after
    finite = isinstance(rate, int | float) and abs(rate) < float("inf")
    return float(rate) if finite else None, step


class _Watched:
    """Settings that note which of their fields are read."""

    def __init__(self, settings: Any):
        self._settings, self.read = settings, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._settings, name)


def _policy_fields(param: Any, policy: str) -> set[str]:
    """Return the fields that a policy reads, found by letting it compute a rate."""
    own = type(param)()
    own.CopyFrom(param)
    own.lr_policy, own.max_iter, own.stepsize = policy, 10, 1
    watched = _Watched(DecimalSettings(own))
    _rate_at(watched, 1, 0)
    return watched.read


def fields_in_use(registry: Registry, param: Any) -> list[str]:
    """Return the fields of a SolverParameter that a solver of its type and policy reads, in the schema's order.

    Those that only other types of solver, or other policies, read are left out.
    """
    known = [field.name for field in registry.schema.describe("SolverParameter").fields]
    of_types = {name for cls in registry.solvers.classes() for name in cls.uses}
    of_policies = {name for policy in POLICIES for name in _policy_fields(param, policy)}
    own: set[str] = set()
    if param.type in registry.solvers:
        own |= set(registry.solvers.find(param.type).uses)
    if param.lr_policy in POLICIES:
        own |= _policy_fields(param, param.lr_policy)
    general = {"base_lr", "lr_policy", "max_iter"}
    return [name for name in known if name in own | general or name not in of_types | of_policies]
