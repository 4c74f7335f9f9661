"""What a solver's settings say before it runs: the course of its learning rate, and the fields that it reads."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.plugins.type_fields import fields_of_type

from .schedule import WARMUP_FIELDS, RateSchedule, settle


def rate_course(
    param: Any, points: int = 200, registry: Registry | None = None
) -> tuple[list[int], list[float | None]] | None:
    """Return up to ``points`` updates, evenly spread from 0 to the last one of ``max_iter``, and their learning rates.

    A rate that is no finite number is None. Returns None if there are no updates, or the policy lacks a setting.
    """
    try:
        schedule = RateSchedule(param, registry)
    except ConfigError:
        return None
    last = param.max_iter - 1
    if last < 0:
        return None
    count = min(points, last + 1)
    updates = [last * at // max(count - 1, 1) for at in range(count)]
    return updates, [_rate_at(schedule, update) for update in updates]


def _rate_at(schedule: RateSchedule, update: int) -> float | None:
    """Return the rate at an update, with the steps of all updates up to it."""
    try:
        settle(schedule.policy, update)
        return float(schedule.rate(update))
    except (ConfigError, ArithmeticError, ValueError):
        return None


def policy_fields(registry: Registry, policy: Any) -> list[str]:
    """Return the fields of SolverParameter that an LrPolicy class reads besides ``base_lr`` and ``max_iter``."""
    return fields_of_type(registry, policy, "lr_policies")


def fields_in_use(registry: Registry, param: Any) -> list[str]:
    """Return the fields of a SolverParameter that a solver of its type and policy reads, in the schema's order.

    Those that only other types of solver, or other policies, read are left out.
    """
    known = [field.name for field in registry.schema.describe("SolverParameter").fields]
    uses = {cls: fields_of_type(registry, cls, "solvers") for cls in registry.solvers.classes()}
    of_types = {name for names in uses.values() for name in names}
    of_policies = {
        name
        for policy in registry.lr_policies.classes()
        for name in policy_fields(registry, policy)
    }
    own: set[str] = set()
    if param.type in registry.solvers:
        own |= set(uses[registry.solvers.find(param.type)])
    if param.lr_policy in registry.lr_policies:
        policy = registry.lr_policies.find(param.lr_policy)
        own |= set(policy_fields(registry, policy))
        if not policy.allows_warmup:
            of_policies |= set(WARMUP_FIELDS)
    general = {"base_lr", "lr_policy", "max_iter"}
    return [name for name in known if name in own | general or name not in of_types | of_policies]
