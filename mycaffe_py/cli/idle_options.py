"""Options of the command line that other options, or the net, leave without effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mycaffe_py.errors import ConfigError

from .failures import warn
from .options import stage_names

_REPLACED = {
    "iterations": ("--iterations", ("solver.max_iter",)),
    "seed": ("--seed", ("solver.random_seed",)),
    "device": ("--device", ("solver.solver_mode", "solver.device_id")),
    "gpu": ("--gpu", ("solver.solver_mode", "solver.device_id")),
    "model": (
        "--model",
        ("solver.net", "solver.net_param", "solver.train_net", "solver.train_net_param"),
    ),
    "weights": ("--weights", ("solver.weights",)),
}
"""Option -> its spelling, and the settings that it replaces, whatever --set says."""


def whole_key(override: str) -> str:
    """Return the key of a ``--set``; of a field of the solver, the whole one even if ``solver.`` is left out."""
    key = override.partition("=")[0].strip()
    names = {each for _, settings in _REPLACED.values() for each in settings}
    return f"solver.{key}" if f"solver.{key}" in names else key


def sets_seed(overrides: Sequence[str]) -> bool:
    """Whether a ``--set`` gives the solver's random_seed."""
    return any(whole_key(each) == "solver.random_seed" for each in overrides)


def refuse_replaced_overrides(overrides: Sequence[str], given: dict[str, Any]) -> None:
    """Raise ConfigError for a ``--set`` whose setting another option replaces."""
    for override in overrides:
        key = whole_key(override)
        for option, (spelling, settings) in _REPLACED.items():
            if given.get(option) in (None, ()):
                continue
            if any(key == each or key.startswith(f"{each}.") for each in settings):
                raise ConfigError(
                    f"--set {override} has no effect: {spelling} replaces {key}",
                    hint="give one of them",
                )


def warn_of_unknown_state(nets: Iterable[Any], level: int, stages: Sequence[str]) -> None:
    """Warn of a ``--level`` or ``--stage`` that no rule of the nets (NetParameter messages) asks for."""
    rules = [rule for net in nets for rule in _rules(net)]
    known = {name for rule in rules for name in (*rule.stage, *rule.not_stage)}
    for name in stage_names(stages):
        if name not in known:
            names = f"stages in it: {', '.join(sorted(known))}" if known else "it names no stage"
            warn(
                f"--stage {name} has no effect: no include or exclude of the net names it; {names}"
            )
    if level and not any(
        rule.HasField("min_level") or rule.HasField("max_level") for rule in rules
    ):
        warn(f"--level {level} has no effect: no include or exclude of the net has a level")


def _rules(net: Any) -> Iterator[Any]:
    for layer in net.layer:
        yield from layer.include
        yield from layer.exclude
