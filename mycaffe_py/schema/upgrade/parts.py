"""Moving fields from an old message to a new one, together with where they stand in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from mycaffe_py.schema.prototxt.document import Entry, Nodes


@dataclass
class Part:
    """A message inside a document, and the places of its fields; without places if there is no text."""

    message: Any
    nodes: Nodes = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether a field is given."""
        value = getattr(self.message, name)
        return len(value) > 0 if is_repeated(value) else self.message.HasField(name)

    def inner(self, name: str, index: int = 0) -> Part:
        """Return a message field as a part of its own."""
        value = getattr(self.message, name)
        entries = self.nodes.get(name, [])
        children = entries[index].children if index < len(entries) else None
        return Part(value[index] if is_repeated(value) else value, children or {})


def is_repeated(value: Any) -> bool:
    """Whether a field's value is that of a repeated field."""
    return hasattr(value, "extend")


def move(old: Part, name: str, new: Part, path: Sequence[str]) -> None:
    """Give ``new``, at the field names of ``path``, what field ``name`` of ``old`` holds, if it holds anything.

    A single value is appended where the new field takes several. ``old`` stays as it is.
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
    """Enter places under ``path``; a message on the way that has no place stands where the first of them does."""
    if not entries:
        return
    for step in path[:-1]:
        around = nodes.setdefault(step, [named_like(entries[0], {})])[0]
        if around.children is None:
            around.children = {}
        nodes = around.children
    nodes[path[-1]] = [*nodes.get(path[-1], []), *entries]


def named_like(entry: Entry, children: Nodes) -> Entry:
    """Return an entry that stands where the name of another one does, with children of its own."""
    named = Entry((entry.name_offset, entry.name_length), children=children)
    named.end_offset = entry.end_offset
    return named
