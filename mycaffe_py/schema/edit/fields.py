"""Setting and removing fields in a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema.field_path import items_of, refuse_message
from mycaffe_py.schema.prototxt.entries import Entry
from mycaffe_py.schema.prototxt.places import is_repeated
from mycaffe_py.schema.prototxt.tokens import tokenize

from .inserting import NewField, insertion
from .literals import literal, quoted
from .paths import Step, check_next, follow, holder, steps_along
from .source import Change, Item, Source, children_of


class Edit(NamedTuple):
    """Changes of a text, and what does the same to its message."""

    changes: list[Change]
    apply: Callable[[Any], None]


def joined(edits: Sequence[Edit]) -> Edit:
    """Return several edits of one text, at different places, as one; messages are changed in their order."""

    def apply(message: Any) -> None:
        for edit in edits:
            edit.apply(message)

    return Edit([change for edit in edits for change in edit.changes], apply)


def set_field(source: Source, path: Sequence[Any], text: str) -> Edit:
    """Set the field at a path to a value given as ``--set`` takes it; it is added if it is not there."""
    steps = steps_along(source.descriptor, path)
    last = steps[-1]
    refuse_message(last.field)
    if is_repeated(last.field) and last.index is None:
        return _set_all(source, steps, [literal(last.field, item) for item in items_of(text)])
    return _set_one(source, steps, lambda quote: literal(last.field, text, quote))


def set_text(source: Source, path: Sequence[Any], text: str) -> Edit:
    """Set the string field at a path to exactly this text."""
    steps = steps_along(source.descriptor, path)
    return _set_one(source, steps, lambda quote: (quoted(text, quote), text))


def _set_one(
    source: Source, steps: Sequence[Step], value_in: Callable[[str], tuple[str, Any]]
) -> Edit:
    found, last = follow(source.nodes, steps), steps[-1]
    if found.entries:
        changes, value = replacement(source, found.entries[0], value_in)
    else:
        written, value = value_in('"')
        changes = _addition(source, steps, [written])

    def apply(message: Any) -> None:
        target = holder(message, steps)
        if last.index is None:
            setattr(target, last.name, value)
        elif last.index < len(getattr(target, last.name)):
            getattr(target, last.name)[last.index] = value
        else:
            getattr(target, last.name).append(value)

    return Edit(changes, apply)


def replacement(
    source: Source, entry: Entry, value_in: Callable[[str], tuple[str, Any]]
) -> tuple[list[Change], Any]:
    """Return what replaces a value, a string in the quotes that it has, and the value.

    Comments between strings that are one value stay.
    """
    start, end = entry.value_offset, entry.end_offset
    written, value = value_in(source.text[start] if source.text[start] in "\"'" else '"')
    if end == start + entry.value_length or "#" not in source.text[start:end]:
        return [Change(start, end, written)], value
    parts = [token for token in tokenize(source.text[start:end]) if token.kind == "string"]
    spans = [(start + part.offset, start + part.offset + len(part.text)) for part in parts]
    rest = [
        Change(*span) if source.comment_after(span[1]) else source.cut(*span) for span in spans[1:]
    ]
    return [Change(*spans[0], written), *rest], value


def _addition(source: Source, steps: Sequence[Step], values: Sequence[str]) -> list[Change]:
    """Return what adds the values of a field that is not in the text, with the blocks around it."""
    found = follow(source.nodes, steps)
    block = found.blocks[-1] if found.blocks else None
    nodes = children_of(source, block)
    first = steps[found.reached]
    check_next(nodes, first)
    for step in steps[found.reached + 1 :]:
        check_next({}, step)
    entries = nodes.get(first.name, [])
    if entries and entries[-1].in_list:
        if first is not steps[-1]:
            raise in_a_list(first.name)
        end = entries[-1].end_offset
        return [Change(end, end, "".join(f", {value}" for value in values))]
    fields = [NewField(steps[-1].name, value) for value in values]
    for step in reversed(steps[found.reached : -1]):
        fields = [NewField(step.name, tuple(fields))]
    descriptor = steps[found.reached - 1].field.message_type if found.reached else source.descriptor
    return insertion(source, block, descriptor, fields)


def _set_all(source: Source, steps: Sequence[Step], values: Sequence[tuple[str, Any]]) -> Edit:
    found, last = follow(source.nodes, steps), steps[-1]
    written, entries = [text for text, _ in values], found.entries
    if not values:
        return unset_field(source, [each for step in steps for each in _as_path(step)])
    if any(entry.in_list for entry in entries):
        if len({entry.list_offset for entry in entries}) > 1:
            raise in_a_list(last.name)
        start, end = entries[0].value_offset, entries[-1].end_offset
        changes = [Change(start, end, ", ".join(written))]
    else:
        changes = [
            Change(entry.value_offset, entry.end_offset, text)
            for entry, text in zip(entries, written, strict=False)
        ]
        items = [item for item in _items_of(source, steps) if item.name == last.name]
        changes += source.removal(items[len(written) :])
        if len(written) > len(entries):
            more = [*steps[:-1], Step(last.field, len(entries))]
            changes += _addition(source, more, written[len(entries) :])

    def apply(message: Any) -> None:
        target = holder(message, steps)
        target.ClearField(last.name)
        getattr(target, last.name).extend(value for _, value in values)

    return Edit(changes, apply)


def _items_of(source: Source, steps: Sequence[Step]) -> list[Item]:
    """Return the fields of the block that holds the last one of a path."""
    blocks = follow(source.nodes, steps).blocks
    whole = len(blocks) == len(steps) - 1
    return source.items(children_of(source, blocks[-1] if blocks else None)) if whole else []


def _as_path(step: Step) -> list[str | int]:
    return [step.name] if step.index is None else [step.name, step.index]


def unset_field(source: Source, path: Sequence[Any]) -> Edit:
    """Remove the field at a path, or all elements of a repeated one; a block that this empties goes too."""
    steps = steps_along(source.descriptor, path)
    found = follow(source.nodes, steps)
    if not found.entries:
        raise ConfigError(f"{steps[-1].name} is not set")
    entry, last = found.entries[0], steps[-1]
    if last.index is not None and entry.in_list:
        part = _from_list(source, steps, found.blocks)
        if part is not None:
            return Edit([part], lambda message: _clear(message, steps))
    items = [
        item
        for item in _items_of(source, steps)
        if any(one in item.entries for one in found.entries)
    ]
    changes = source.removal(items)
    while found.blocks and _is_emptied(source, found.blocks[-1], items, steps):
        steps = steps[:-1]
        found = follow(source.nodes, steps)
        owner = found.blocks[-1] if found.blocks else None
        items = [source.item(steps[-1].name, found.entries[0], children_of(source, owner))]
        changes = source.removal(items)
    final = list(steps)
    return Edit(changes, lambda message: _clear(message, final))


def _from_list(source: Source, steps: Sequence[Step], blocks: Sequence[Entry]) -> Change | None:
    """Return what removes one element of ``[a, b]``; None if it is the only one."""
    name, index = steps[-1].name, steps[-1].index
    entries = children_of(source, blocks[-1] if blocks else None)[name]
    assert index is not None
    entry = entries[index]
    group = [one for one in entries if one.list_offset == entry.list_offset]
    if len(group) == 1:
        return None
    if entry.children is not None:
        raise in_a_list(name)
    place = group.index(entry)
    if place + 1 < len(group):
        return Change(entry.value_offset, group[place + 1].value_offset)
    return Change(group[place - 1].end_offset, entry.end_offset)


def _is_emptied(
    source: Source, block: Entry, removed: Sequence[Item], steps: Sequence[Step]
) -> bool:
    """Whether a block holds nothing else, not even a comment, and may go: nothing after it is renumbered."""
    step = steps[-2]
    if block.in_list or block.open_offset < 0 or (len(steps) == 2 and step.name == "layer"):
        return False
    if step.index is not None:
        siblings = _siblings(source, steps[:-1])
        if step.index != len(siblings) - 1:
            return False
    position, rest = block.open_offset + 1, []
    for change in sorted(source.removal(removed)):
        rest.append(source.text[position : max(change.start, position)])
        position = change.end
    rest.append(source.text[position : block.end_offset - 1])
    return not "".join(rest).strip()


def _siblings(source: Source, steps: Sequence[Step]) -> list[Entry]:
    blocks = follow(source.nodes, steps).blocks
    return children_of(source, blocks[-1] if blocks else None).get(steps[-1].name, [])


def _clear(message: Any, steps: Sequence[Step]) -> None:
    target, last = holder(message, steps), steps[-1]
    if last.index is None:
        target.ClearField(last.name)
    else:
        del getattr(target, last.name)[last.index]


def in_a_list(name: str) -> ConfigError:
    """Return the error for a list that would have to be cut into."""
    return ConfigError(
        f"{name} is written as a list in brackets, which cannot be changed here",
        hint=f"write each as {name} of its own, or change the list in the text",
    )
