"""Moving fields from an old message to a new one, together with their locations in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from mycaffe_py.schema.prototxt.document import Entry, Nodes


@dataclass
class Part:
    """A message inside a document, and the locations of its fields, if there is text."""

    message: Any
    nodes: Nodes = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether a field is given."""
        value = getattr(self.message, name)
        return len(value) > 0 if is_repeated(value) else self.message.HasField(name)

    def inner(self, name: str, index: int = 0) -> Part:
        """Return a message field as a part."""
        value = getattr(self.message, name)
        entries = self.nodes.get(name, [])
        children = entries[index].children if index < len(entries) else None
        return Part(value[index] if is_repeated(value) else value, children or {})


def is_repeated(value: Any) -> bool:
    """Whether a value is that of a repeated field."""
    return hasattr(value, "extend")


def move(old: Part, name: str, new: Part, path: Sequence[str]) -> None:
    """Copy field ``name`` of ``old``, if given, to the field of ``new`` at ``path``.

    A single value is appended if the new field is repeated. ``old`` is not changed.
    """
    if not old.has(name):
        return
    target, value = new.message, getattr(old.message, name)
    for step in path[:-1]:
        target = getattr(target, step)
    present = getattr(target, path[-1])
    if is_repeated(present):
        present.extend(value if is_repeated(value) else [value])
    elif isinstance(value, Message):
        present.CopyFrom(value)
    else:
        setattr(target, path[-1], value)
    place(new.nodes, path, old.nodes.get(name, []))


def place(nodes: Nodes, path: Sequence[str], entries: list[Entry]) -> None:
    """Add locations under ``path``; a message on the way without a location gets that of the first of them."""
    if not entries:
        return
    for step in path[:-1]:
        around = nodes.setdefault(step, [named_like(entries[0], {})])[0]
        if around.children is None:
            around.children = {}
        nodes = around.children
    nodes[path[-1]] = [*nodes.get(path[-1], []), *entries]


def named_like(entry: Entry, children: Nodes) -> Entry:
    """Return an entry located at the name of another one, with its own children."""
    named = Entry((entry.name_offset, entry.name_length), children=children)
    named.end_offset = entry.end_offset
    return named
