"""The fields of the shared messages that a class names in ``uses`` or ``parameters``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mycaffe_py.errors import PluginError

CONTAINERS = {
    "layers": "LayerParameter",
    "solvers": "SolverParameter",
    "fillers": "FillerParameter",
    "gyms": "GymParameter",
    "trainers": "TrainerParameter",
    "lr_policies": "SolverParameter",
    "observers": "ObserverParameter",
}


def naming_attribute(kind: str) -> str:
    """Return the attribute in which a class names the container's fields that it reads besides its own."""
    return "uses" if kind in ("solvers", "fillers") else "parameters"


def check_named_fields(offered: Any, kind: str, known: Collection[str]) -> None:
    """Raise PluginError if a class names, as fields that it reads, what the container does not have."""
    attribute = naming_attribute(kind)
    named = getattr(offered, attribute)
    if isinstance(named, str):
        raise PluginError(
            f"{offered.__name__}.{attribute} is a text, not a tuple of names",
            hint=f'write {attribute} = ("{named}",)',
        )
    for name in named or ():
        if name not in known:
            raise PluginError(
                f'{offered.__name__}.{attribute} names "{name}", but {CONTAINERS[kind]} has no such field',
                nearest=(str(name), known),
            )
