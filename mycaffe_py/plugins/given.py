"""Plugins given as Python objects: modules, and classes of their own."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any, TypeAlias

from mycaffe_py.errors import PluginError

from .hookspecs import PROJECT, hookimpl
from .kinds import KINDS, base_name, hook_of, kind_of

PluginSource: TypeAlias = "str | os.PathLike[str] | ModuleType | type"
"""What names a plugin: the path of a .py file, a module's name, a module, or a class to be offered."""


def module_offering(cls: type) -> ModuleType | None:
    """Return the module that defines a class, if one of its hooks returns the class."""
    module, kind = sys.modules.get(cls.__module__), kind_of(cls)
    hook: Any = getattr(module, hook_of(kind), None) if kind else None
    if module is None or not hasattr(hook, f"{PROJECT}_impl"):
        return None
    try:
        return module if cls in hook() else None
    except (
        Exception
    ):  # loading the module as a plugin would say what is wrong; the class alone may do
        return None


def module_of_class(cls: type) -> ModuleType:
    """Return a module with a hook that offers one class."""
    kind = kind_of(cls)
    if not kind:
        raise PluginError(
            f"{cls.__name__} is not a class that a plugin may offer",
            hint=f"it must derive from one of mycaffe_py's {', '.join(map(base_name, KINDS))}",
        )
    module = ModuleType(f"{cls.__module__}.{cls.__qualname__}")

    def offered() -> list[type]:
        return [cls]

    setattr(module, hook_of(kind), hookimpl(offered))
    return module
