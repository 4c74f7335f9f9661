"""Checks of solver settings that are shared by several update rules."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import ConfigError


def check_decay(solver: str, param: Any, *names: str) -> None:
    """Raise ConfigError unless each of these settings is in [0, 1)."""
    for name in names:
        value = getattr(param, name)
        if not 0 <= value < 1:
            raise ConfigError(
                f"solver {solver}: {name} must be at least 0 and below 1, got {value:g}",
                field=name,
            )


def check_not_negative(solver: str, param: Any, *names: str) -> None:
    """Raise ConfigError unless each of these settings is a number >= 0."""
    for name in names:
        value = getattr(param, name)
        if not value >= 0:
            raise ConfigError(
                f"solver {solver}: {name} must be at least 0, got {value:g}", field=name
            )


def check_no_momentum(solver: str, param: Any) -> None:
    """Raise ConfigError if momentum is set for an update rule without momentum."""
    if param.momentum != 0:
        raise ConfigError(
            f"solver {solver}: momentum must be 0, as {solver} has none; got {param.momentum:g}",
            hint=f"leave momentum out, or use a solver type with momentum instead of {solver}",
            field="momentum",
        )
