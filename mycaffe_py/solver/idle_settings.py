"""Settings of a solver that are given but have no effect."""

from __future__ import annotations

from typing import Any

from mycaffe_py.plugins.conditions import Only
from mycaffe_py.plugins.idle import (
    Idle,
    check_conditions,
    joined,
    says_something,
    unfulfilled,
)
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.plugins.type_fields import fields_of_type

from .outlook import policy_fields

CONDITIONS = (
    Only(
        "test_interval",
        "test_initialization",
        "test_compute_loss",
        "test_state",
        when="test_iter",
    ),
    Only("ap_version", "show_per_class_result", when="eval_type: detection"),
    Only("regularization_type", when="weight_decay"),
    Only("weight_decay", when="regularization_type: L2 or L1"),
    Only("debug_info", when="display or test_iter"),
    Only(
        "device_id",
        when="solver_mode: GPU, written out",
        test=lambda param: param.HasField("solver_mode") and param.solver_mode == param.GPU,
    ),
)
"""The conditions under which settings that all solvers share have an effect, as paths below SolverParameter."""


def idle_solver_settings(registry: Registry, param: Any) -> list[Idle]:
    """Return the settings in a SolverParameter that have no effect; those at their default do not count.

    They are settings of other types of solver or of other policies, and those of :data:`CONDITIONS`.
    """
    types = {
        cls.type: set(fields_of_type(registry, cls, "solvers"))
        for cls in registry.solvers.classes()
    }
    own_type = registry.solvers.find(param.type).type
    policies = {
        policy.type: set(policy_fields(registry, policy))
        for policy in registry.lr_policies.classes()
    }
    found = _unread(param, "type", own_type, types)
    if param.lr_policy in registry.lr_policies:
        policy = registry.lr_policies.find(param.lr_policy)
        found += _unread(param, "lr_policy", policy.type, policies)
        found += unfulfilled(policy, "lr_policies", param)
    return found + check_conditions(CONDITIONS, param, own_type)


def _unread(param: Any, field: str, chosen: str, uses: dict[str, set[str]]) -> list[Idle]:
    """Return, as one, the settings that other values of ``field`` read, but the chosen one does not."""
    if chosen not in uses:
        return []
    others = set().union(*uses.values()) - uses[chosen]
    names = [one.name for one, _ in param.ListFields() if one.name in others]
    names = [name for name in names if says_something(param, name)]
    if not names:
        return []
    readers = [value for value, fields in uses.items() if set(names) <= fields]
    remedy = f"choose {field} {joined(readers)}".replace(" and ", " or ") if readers else ""
    return [Idle(tuple((name,) for name in names), f"with {field}: {chosen}", remedy)]
