"""Where a new field goes in a text, and how it is written there: like the fields around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.schema.prototxt.entries import Entry
from mycaffe_py.schema.prototxt.places import is_repeated

from .source import Change, Item, Source, children_of, descriptor_order


@dataclass(frozen=True)
class NewField:
    """A field to be written: its value as text, or the fields of its block."""

    name: str
    value: str | tuple[NewField, ...]

    def inline(self, colon: str = ": ") -> str:
        """Return the field on one line."""
        if isinstance(self.value, str):
            return f"{self.name}{colon}{self.value}"
        inner = " ".join(field.inline(colon) for field in self.value)
        return f"{self.name} {{ {inner} }}" if inner else f"{self.name} {{ }}"

    def lines(self, indent: str, unit: str, colon: str = ": ") -> list[str]:
        """Return the field as lines, its block opened up."""
        if isinstance(self.value, str):
            return [indent + self.inline(colon)]
        inner = [line for field in self.value for line in field.lines(indent + unit, unit, colon)]
        return [f"{indent}{self.name} {{", *inner, f"{indent}}}"]


def insertion(
    source: Source, block: Entry | None, descriptor: Any, fields: Sequence[NewField]
) -> list[Change]:
    """Return what adds fields of one name to a block: after others of it, else where the schema has them."""
    return [_Place(source, block, descriptor, fields[0].name).change(fields)]


class _Place:
    """The place for a field in a block: after the field ``anchor``, or at the beginning."""

    def __init__(self, source: Source, block: Entry | None, descriptor: Any, name: str):
        self.source, self.block = source, block
        self.items = source.items(children_of(source, block))
        self.name, self.types = name, descriptor.fields_by_name
        self.anchor = self._anchor(descriptor_order(descriptor))

    def _anchor(self, order: dict[str, int]) -> Item | None:
        own = order[self.name]
        before = [item for item in self.items if order[item.name] <= own]
        return max(before, key=lambda item: (order[item.name], item.start), default=None)

    def change(self, fields: Sequence[NewField]) -> Change:
        source = self.source
        if self.block is not None and source.one_line(self.block):
            return self._in_line(fields)
        if self.anchor is None:
            return self._at_start(fields)
        end = self.anchor.end
        if source.last_on_line(end):
            place = source.line_end(end)
        elif source.first_on_line(self.anchor.start):
            place = end
        else:
            return self._in_line(fields)
        return Change(place, place, self._as_lines(fields, place))

    def _in_line(self, fields: Sequence[NewField]) -> Change:
        text = " ".join(field.inline(self._colon()) for field in fields)
        if self.anchor is not None:
            sign, place = self.anchor.separator, self.anchor.end
            usual = next((item.separator for item in self.items if item.separator), "")
            text = f" {text}{sign}" if sign else f"{usual} {text}"
            return Change(place, place, text)
        assert self.block is not None
        place, close = self.block.open_offset + 1, self.block.end_offset - 1
        if not self.source.text[place:close].strip():
            return Change(place, close, f" {text} ")
        spaced = self.source.text[place].isspace()
        return Change(place, place, f" {text}" if spaced else f" {text} ")

    def _at_start(self, fields: Sequence[NewField]) -> Change:
        source = self.source
        if self.block is None:
            first = self.items[0].start if self.items else len(source.text)
            place = source.above(source.line_start(first)) if self.items else first
            new, line_break = self._as_lines(fields, place), source.line_break(place)
            if not self.items and source.text and not source.text.endswith("\n"):
                return Change(place, place, new)
            return Change(place, place, new.removeprefix(line_break) + line_break)
        place = self.block.open_offset + 1
        if not source.last_on_line(place):
            return self._in_line(fields)
        place = source.line_end(place)
        return Change(place, place, self._as_lines(fields, place))

    def _as_lines(self, fields: Sequence[NewField], place: int) -> str:
        """Return the fields, each with the line break before it."""
        source, indent, colon = self.source, self._indent(), self._colon()
        unit = source.unit(self.block)
        lines = []
        for field in fields:
            if isinstance(field.value, str) or self._blocks_are_one_line():
                lines.append(indent + field.inline(colon))
            else:
                lines += field.lines(indent, unit, colon)
            lines[-1] += self.anchor.separator if self.anchor else ""
        line_break = source.line_break(place)
        return "".join(line_break + line for line in lines)

    def _indent(self) -> str:
        source = self.source
        items = [self.anchor, *self.items] if self.anchor else self.items
        for item in items:
            if source.first_on_line(item.start):
                return source.indent(item.start)
        if self.block is None:
            return ""
        return source.indent(self.block.name_offset) + source.unit(self.block)

    def _colon(self) -> str:
        return self.source.colon(self.items)

    def _blocks_are_one_line(self) -> bool:
        """Whether blocks like the new one are on one line: those of that name, else the others here."""
        own = [item for item in self.items if item.name == self.name]
        if own:
            return self.source.one_line(own[-1].entries[0])
        single = [
            item
            for item in self.items
            if item.entries[0].children is not None and not is_repeated(self.types[item.name])
        ]
        if single:
            return all(self.source.one_line(item.entries[0]) for item in single)
        layers = self.source.nodes.get("layer", [])
        alike = [each for layer in layers for each in (layer.children or {}).get(self.name, [])]
        return bool(alike) and all(map(self.source.one_line, alike))
