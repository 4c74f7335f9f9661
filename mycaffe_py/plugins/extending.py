"""A registry with further plugins."""

from __future__ import annotations

from typing import Any

from .kinds import KINDS, kind_of, singular
from .registry import Registry, default_registry, load_registry


def with_plugins(sources: Any, registry: Registry | None = None) -> Registry:
    """Return a registry (default: the default one), with further plugins if it does not have them yet.

    ``sources`` is one plugin or a list of them, each as for :func:`use_plugins`.
    """
    registry = registry or default_registry()
    given: list[Any] = list(sources) if isinstance(sources, list | tuple) else [sources]
    missing = [one for one in given if not (isinstance(one, type) and _offers(registry, one))]
    if not missing:
        return registry
    # A class that is defined again, as in a notebook, takes the place of the former one.
    names = {_key(one) for one in missing if isinstance(one, type)}
    kept = [one for one in registry.extra if not (isinstance(one, type) and _key(one) in names)]
    return load_registry([*kept, *missing])


def _key(cls: Any) -> tuple[str, str]:
    return kind_of(cls), str(getattr(cls, "type", ""))


def _offers(registry: Registry, cls: Any) -> bool:
    kind = kind_of(cls)
    return bool(kind) and any(
        cls in registry.catalog(plural).classes() for plural in KINDS if singular(plural) == kind
    )
