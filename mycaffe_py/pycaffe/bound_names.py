"""Names that pycaffe's modules bind besides their own: what they import, which scripts then reach through them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def bound_names(module: str, **homes: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a module that also offers the names of ``homes``.

    ``homes``: name -> ``module``, or ``module:attribute``, imported when first used; several, separated by spaces, are
    tried in turn. AttributeError if none is installed, and ``dir()`` does not show it then.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        for home in homes[name].split():
            package, _, attribute = home.partition(":")
            try:
                found: Any = import_module(package)
            except ImportError:
                continue
            return getattr(found, attribute) if attribute else found
        raise AttributeError(
            f"module {module!r} has no attribute {name!r}: "
            f'the package "{homes[name].rpartition(" ")[2].partition(".")[0]}" is not installed'
        )

    def names() -> list[str]:
        there = [name for name, found in homes.items() if any(map(_is_installed, found.split()))]
        return sorted({*vars(sys.modules[module]), *there} - {"bound_names"})

    return get, names


def _is_installed(home: str) -> bool:
    package = home.partition(":")[0].partition(".")[0]
    return package in sys.modules or find_spec(package) is not None
