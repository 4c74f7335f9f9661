"""``--set KEY=VALUE``: changes to a model or solver from the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import set_field

SOLVER, NET = "solver", "net"


def apply_overrides(
    overrides: Iterable[str],
    solver: Any = None,
    model: Any | Callable[[], Any] = None,
    upgrade: Callable[[], None] | None = None,
) -> None:
    """Apply each ``solver.FIELD=VALUE``, ``net.FIELD=VALUE`` or ``LAYER.FIELD=VALUE``, the solver's first.

    ``solver`` and ``model`` are messages, changed in place; either may be None. ``upgrade`` is called when MyCaffe's
    form of the trainer settings is changed, before the form that it becomes; a function passed as ``model`` is
    called for the model when the solver, which may name it, is changed.
    """
    items = list(overrides)
    form, own, others = ([item for item in items if _stage(item) == stage] for stage in range(3))
    net = None if callable(model) else model
    for override in form:
        _apply(override, solver, net)
    if upgrade is not None:
        upgrade()
    for override in own:
        _apply(override, solver, net)
    if callable(model):
        net = model()
    for override in others:
        _apply(override, solver, net)


def _stage(override: str) -> int:
    """Return 0 for MyCaffe's form of the trainer settings, 1 for other fields of the solver, 2 for all else."""
    key = override.lstrip()
    return 2 - key.startswith(f"{SOLVER}.") - key.startswith(f"{SOLVER}.custom_trainer")


def _apply(override: str, solver: Any, model: Any) -> None:
    if any("\ud800" <= character <= "\udfff" for character in override):
        raise ConfigError(f"--set {override!a} contains bytes that are not valid UTF-8")
    what = f"--set {override}"
    key, equals, value = override.partition("=")
    if not equals or "." not in key:
        is_setting = equals and solver is not None and key in solver.DESCRIPTOR.fields_by_name
        example = "for example solver.base_lr=0.02 or cfc1.cfc_param.hidden_size=64"
        raise ConfigError(
            f"{what}: expected KEY=VALUE",
            hint=f"did you mean solver.{override}?" if is_setting else example,
        )
    targets, path = _targets(key.strip(), solver, model, what)
    for target in targets:
        set_field(target, path, value.strip(), what)


def _targets(key: str, solver: Any, model: Any, what: str) -> tuple[list[Any], list[str]]:
    """Return the messages that ``key`` addresses and the path below them.

    A file may contain layers of one name for different phases: all of them are addressed.
    """
    layers: dict[str, list[Any]] = {}
    for layer in model.layer if model is not None else ():
        layers.setdefault(layer.name, []).append(layer)
    # A layer's name may contain dots: the longest match wins.
    for name in sorted(filter(None, layers), key=len, reverse=True):
        if key.startswith(f"{name}."):
            return layers[name], key[len(name) + 1 :].split(".")
    first, _, rest = key.partition(".")
    if first == SOLVER and solver is not None:
        return [solver], rest.split(".")
    if first == NET and model is not None:
        return [model], rest.split(".")
    known = [
        *([SOLVER] if solver is not None else []),
        *([NET] if model is not None else []),
        *layers,
    ]
    raise ConfigError(
        f'{what}: no layer is named "{first}"',
        nearest=(first, known),
        hint=f"the first part can be: {', '.join(known)}",
    )
