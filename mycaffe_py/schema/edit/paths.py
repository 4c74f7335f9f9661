"""Paths of fields: checked against the schema, and followed through a text and through a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema.field_path import field_of
from mycaffe_py.schema.prototxt.entries import Entry, Nodes
from mycaffe_py.schema.prototxt.places import is_repeated


@dataclass(frozen=True)
class Step:
    """One field on a path; of a repeated field one element, or all of them if ``index`` is None."""

    field: Any
    index: int | None

    @property
    def name(self) -> str:
        """The name of the field."""
        return str(self.field.name)


def steps_along(descriptor: Any, path: Sequence[Any]) -> list[Step]:
    """Return the steps of a path below a message type; ConfigError if the schema has no such field."""
    if not path or not isinstance(path, list | tuple):
        raise ConfigError("the path of the field is missing")
    steps: list[Step] = []
    rest = list(path)
    while rest:
        if descriptor is None:
            name = steps[-1].name
            raise ConfigError(f"{name} is not a message, so it has no field {rest[0]}")
        name, field = rest[0], field_of(descriptor, str(rest.pop(0)))
        index = _index(field, rest.pop(0)) if rest and is_repeated(field) else None
        steps.append(Step(field, index))
        descriptor = field.message_type
    return steps


def _index(field: Any, step: Any) -> int:
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise ConfigError(
            f"{field.name} is repeated, so {step} does not name one of its elements",
            hint="name one by its index, counted from 0",
        )
    return step


class Found(NamedTuple):
    """How far a path leads in a text."""

    blocks: list[Entry]
    """The blocks on the way, outermost first."""
    reached: int
    """How many steps there are in the text; an element that is missing is not."""
    entries: list[Entry]
    """The values at the end of the path, if all steps are there."""


def follow(nodes: Nodes, steps: Sequence[Step]) -> Found:
    """Follow a path through a text as far as it goes."""
    blocks: list[Entry] = []
    for position, step in enumerate(steps):
        entries = nodes.get(step.name, [])
        if step.index is not None:
            entries = entries[step.index : step.index + 1]
        if not entries:
            return Found(blocks, position, [])
        if position == len(steps) - 1:
            return Found(blocks, len(steps), entries)
        blocks.append(entries[0])
        nodes = entries[0].children or {}
    return Found(blocks, 0, [])


def check_next(nodes: Nodes, step: Step) -> None:
    """Raise ConfigError if an element that is not there is not the next one either."""
    count = len(nodes.get(step.name, []))
    if step.index is not None and step.index > count:
        last = f"the last one is {step.name}.{count - 1}" if count else "it is empty"
        raise ConfigError(f"there is no {step.name}.{step.index}; {last}")


def holder(message: Any, steps: Sequence[Step]) -> Any:
    """Return the message that holds the last field of a path; what is missing on the way is added."""
    for step in steps[:-1]:
        value = getattr(message, step.name)
        if step.index is None:
            value.SetInParent()
            message = value
        else:
            message = value.add() if step.index == len(value) else value[step.index]
    return message
