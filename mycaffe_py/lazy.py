"""Lazy public names of a package, imported when first used, so that the command line starts fast."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

_NOT_OFFERED = {"TYPE_CHECKING", "annotations", "keep_former_names", "lazy_names"}
"""What a package needs for this and does not offer."""


def lazy_names(
    package: str, *, modules: str = "", **homes: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` for a package.

    ``homes``: submodule -> the names that it defines, separated by spaces. ``modules``: submodules that are available
    under the last part of their names, and are not in ``__all__``. For editors and type checkers, the package
    imports the same names under ``TYPE_CHECKING``.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}
    module_of = {name.rpartition(".")[2]: name for name in modules.split()}

    def get(name: str) -> Any:
        if name in module_of:
            return import_module(f"{package}.{module_of[name]}")
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        vars(sys.modules[package])[name] = value
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of, *module_of} - _NOT_OFFERED)

    return get, names, sorted(home_of)
