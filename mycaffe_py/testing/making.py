"""make: an object of a plugin's class, with its settings as text, for tests."""

from __future__ import annotations

from typing import Any

from mycaffe_py.plugins.kinds import base_name, hook_of, kind_of
from mycaffe_py.plugins.registry import Registry

from .subjects import subject_of

_KINDS = ("gyms", "fillers", "lr_policies", "observers")


def make(cls: type, settings: str = "", *, registry: Registry | None = None, **options: Any) -> Any:
    """Return an object of a Gym, Filler, LrPolicy or Observer class, with its settings as prototxt text.

    ``make(Square, "square_param { period: 7 }", seed=1)``; ``options`` (a gym's ``seed`` and ``base_dir``) go to the
    constructor. Raises what the class raises for settings that it refuses, and TypeError for classes that need a
    net: those are made by ``Net`` and ``get_solver``.
    """
    own = kind_of(cls) if isinstance(cls, type) else ""
    kind = hook_of(own).removeprefix("mycaffe_") if own else ""
    if kind not in _KINDS:
        bases = ", ".join(map(base_name, _KINDS))
        raise TypeError(f"make() takes a class that derives from one of {bases}, not {cls!r:.60}")
    param, registry = subject_of(cls, kind, settings, registry)
    return registry.lr_policy(param) if kind == "lr_policies" else cls(param, **options)
