"""The trainer and its gym in a solver's text, in either of their two forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema.prototxt.places import usual_text

from .fields import Edit, joined, set_text
from .paths import follow, steps_along
from .properties import PROPERTIES, Properties
from .source import Source

GYM_PROPERTY = "Gym"
_TRAINER, _GYM = "trainer", ("trainer", "gym")
_SETTINGS = "_param"


def has_properties(source: Source) -> bool:
    """Whether the trainer is configured in MyCaffe's form."""
    return PROPERTIES in source.nodes and _TRAINER not in source.nodes


def set_gym(source: Source, type_name: str) -> Edit:
    """Set the gym's type in ``trainer { gym { } }``; the settings of another gym go if it is another type."""
    edits = [set_text(source, [*_GYM, "type"], type_name)]
    found = follow(source.nodes, steps_along(source.descriptor, _GYM)).entries
    nodes = (found[0].children or {}) if found else {}
    fields = steps_along(source.descriptor, _GYM)[-1].field.message_type.fields_by_name
    given = nodes.get("type")
    now = usual_text(source.text, given[0], fields["type"]) if given else ""
    if _folded(now or fields["type"].default_value) != _folded(type_name):
        others = [
            name
            for name in nodes
            if name.endswith(_SETTINGS)
            and fields[name].message_type is not None
            and _folded(name.removesuffix(_SETTINGS)) != _folded(type_name)
        ]
        items = [item for item in source.items(nodes) if item.name in others]

        def clear(solver: Any) -> None:
            for name in others:
                solver.trainer.gym.ClearField(name)

        edits.append(Edit(source.removal(items), clear))
    return joined(edits)


def set_property(source: Source, key: str, value: str | None) -> Edit:
    """Set one of MyCaffe's properties, or remove it if the value is None."""
    if _TRAINER in source.nodes:
        raise ConfigError(
            "this solver has its trainer in trainer { }, so it has no properties",
            hint="set the field of trainer { } instead",
        )
    properties = Properties(source)
    return properties.unset([key]) if value is None else properties.set(key, value)


def drop_properties(source: Source, keys: Sequence[str]) -> Edit:
    """Remove those of the properties that are there."""
    properties = Properties(source)
    present = [key for key in keys if properties.find(key) is not None]
    return properties.unset(present) if present else joined([])


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
