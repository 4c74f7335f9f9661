"""The default state of gyms and trainers: attributes that a class lists in ``state_names``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import numpy as np

from .errors import PluginError, SnapshotError, UnsetAttributeError, did_you_mean
from .seeding import generator_state, restore_generator

_CONSTANT = ("param", "base_dir", "seed", "solver", "rng")
"""Attributes that the base classes set: not suggested as names."""


def _names(owner: Any, needed: bool = False) -> list[str]:
    """Return the names that a class and its bases list, those of the bases first.

    PluginError if ``needed`` and no class of a plugin lists any; an empty tuple says that nothing changes.
    """
    classes = type(owner).__mro__
    found = [name for cls in reversed(classes) for name in _own(cls)]
    if needed and not found and not _declares_none(classes):
        own = [name for name in vars(owner) if name not in _CONSTANT]
        shown = ", ".join(f'"{name}"' for name in own[:5]) or '"point"'
        raise PluginError(
            f"{owner.kind} {owner.type} has no state_names and does not define state() and load_state(), "
            "so it cannot be resumed",
            hint=f"list in the class {type(owner).__name__} the attributes that change while it runs, such as "
            f"state_names = ({shown},); if none does, write state_names = ()",
        )
    return list(dict.fromkeys(found))


def _declares_none(classes: tuple[type, ...]) -> bool:
    """Whether a class other than the base class of its kind has ``state_names``, which then are empty."""
    plugins = takewhile(lambda cls: "kind" not in vars(cls), classes)
    return any("state_names" in vars(cls) for cls in plugins)


def _own(cls: type) -> tuple[str, ...]:
    names = vars(cls).get("state_names", ())
    if isinstance(names, str):
        raise PluginError(f'{cls.__name__}.state_names must be a tuple, such as ("{names}",)')
    if not isinstance(names, tuple | list) or not all(isinstance(name, str) for name in names):
        raise PluginError(
            f"{cls.__name__}.state_names is {names!r:.60}, but must be a tuple of the names of attributes"
        )
    return tuple(names)


def listed_state(owner: Any, needed: bool = False) -> dict[str, Any]:
    """Return copies of the listed attributes, by their names without a leading ``_``.

    Numbers, texts, arrays, and lists and dicts of them are copied; of a random generator the state is taken, and of
    an object with ``state()`` what that returns. PluginError for anything else, for an attribute that does not exist,
    and with ``needed`` where nothing is listed.
    """
    return {_key(name): _plain(owner, name, _value(owner, name)) for name in _names(owner, needed)}


def _value(owner: Any, name: str) -> Any:
    if hasattr(owner, name):
        return getattr(owner, name)
    near = did_you_mean(name, vars(owner))
    raise UnsetAttributeError(
        f'{owner.kind} {owner.type}: state_names has "{name}", but there is no such attribute',
        hint=near or "give it its first value in __init__",
    )


def load_listed_state(owner: Any, state: Mapping[str, Any]) -> bool:
    """Restore what :func:`listed_state` returned; return False if no names are listed.

    SnapshotError, before anything is changed, if a name is missing.
    """
    names = _names(owner)
    missing = [_key(name) for name in names if _key(name) not in state]
    if missing:
        raise SnapshotError(
            f"{owner.kind} state: {missing[0]!r} is missing",
            hint=f"it was not made by a {owner.type} {owner.kind} like this one",
        )
    for name in names:
        current: Any = getattr(owner, name, None)
        value = state[_key(name)]
        if isinstance(current, np.random.Generator):
            restore_generator(current, value)
        elif hasattr(current, "load_state"):
            current.load_state(value)
        else:
            # Snapshots have no tuples.
            kept = tuple(value) if isinstance(current, tuple) else copy.deepcopy(value)
            setattr(owner, name, kept)
    return bool(names)


def _key(name: str) -> str:
    return name.lstrip("_")


def _plain(owner: Any, name: str, value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return copy.deepcopy(generator_state(value))
    if hasattr(value, "state") and hasattr(value, "load_state"):
        return value.state()
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str | np.ndarray):
        return copy.deepcopy(value)
    if isinstance(value, list | tuple):
        return [_plain(owner, name, item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(owner, name, item) for key, item in value.items()}
    raise PluginError(
        f"{owner.kind} {owner.type}: {name} is a {type(value).__name__}, which state_names cannot save",
        hint="leave it out if it does not change, or define state() and load_state()",
    )
