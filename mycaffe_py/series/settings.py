"""An estimator's parameters, checked before a training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.seeding import drawn_seed

from .spans import FORMS

CELLS = ("cfc", "no_gate", "minimal", "ltc")
_COUNTS = ("hidden_size", "layers", "batch_size")
_OPTIONAL_COUNTS = ("backbone_units", "epochs", "max_updates", "patience")


def check_settings(params: dict[str, Any]) -> None:
    """Raise ConfigError, naming the parameter, for a value that cannot be used."""
    for name in (*_COUNTS, *_OPTIONAL_COUNTS):
        value = params[name]
        if value is None and name in _OPTIONAL_COUNTS:
            continue
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise _wrong(name, value, "a whole number, at least 1")
    for name, low, high in (("learning_rate", 0, math.inf), ("validation_share", 0, 1)):
        value = params[name]
        number = isinstance(value, int | float | np.integer | np.floating)
        if isinstance(value, bool) or not number or not low <= value < high:
            raise _wrong(name, value, f"a number from {low} to below {high}")
    for name, choices in (("cell", CELLS), ("time", FORMS), ("dtype", ("float32", "float64"))):
        if not isinstance(params[name], str) or params[name] not in choices:
            raise _wrong(name, params[name], f"one of {', '.join(choices)}", choices)
    for name in ("scale", "mixed_memory", "verbose"):
        if not isinstance(params[name], bool | np.bool_ | int):
            raise _wrong(name, params[name], "True or False")


def _wrong(name: str, value: Any, wanted: str, choices: Any = ()) -> ConfigError:
    near = (value, choices) if choices and isinstance(value, str) else None
    return ConfigError(f"{name} must be {wanted}, not {value!r:.60}", field=name, nearest=near)


def seed_of(random_state: Any) -> int:
    """Return a seed: the number itself, drawn from a RandomState or Generator, or for None from the system."""
    if random_state is None:
        return drawn_seed()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool)
    if not whole or not 0 <= random_state < 2**63:
        raise _wrong(
            "random_state",
            random_state,
            "None, a whole number from 0, a RandomState or a Generator",
        )
    return int(random_state)


@dataclass(frozen=True)
class Plan:
    """How long a training takes at most, in updates."""

    updates: int
    epochs: int
    patience: int

    @classmethod
    def of(cls, rows: int, params: dict[str, Any]) -> Plan:
        """Return the plan for a number of training sequences.

        ``epochs`` and ``max_updates`` are upper limits. With neither, 1,000 updates are made, but at least 20 epochs
        and at most 200. ``patience`` is half of all updates if it is not given: losses have plateaus.
        """
        each = math.ceil(rows / params["batch_size"])
        epochs, updates = params["epochs"], params["max_updates"]
        if epochs is None and updates is None:
            updates = min(max(1000, 20 * each), 200 * each)
        limits = [limit for limit in (updates, epochs and epochs * each) if limit]
        most = int(min(limits))
        patience = params["patience"] or max(1, most // 2)
        return cls(most, math.ceil(most / each), int(patience))
