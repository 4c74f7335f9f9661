"""Prototxt text with the places of its fields, lines, comments and separators, and changes to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mycaffe_py.errors import Problem
from mycaffe_py.schema.prototxt.document import Document
from mycaffe_py.schema.prototxt.entries import Entry, Nodes

_SEPARATOR = re.compile(r"\s*([,;])")
_TO_LIST_END = re.compile(r"(?:[\s,]|#[^\n]*)*\]")
_BLANK_OR_COMMENT = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?=\n|\Z)")
DEFAULT_UNIT = "  "


class Change(NamedTuple):
    """Text that takes the place of what is from ``start`` to ``end``."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True)
class Item:
    """A field as written: ``start`` at its name, ``end`` after its value and separator.

    It has several entries if it is a list in brackets.
    """

    name: str
    start: int
    end: int
    separator: str
    entries: tuple[Entry, ...]


def changed(text: str, changes: Sequence[Change]) -> tuple[str, tuple[int, int]]:
    """Return the text with all changes made, and the part of it, start and end, that they are in."""
    merged: list[Change] = []
    for change in sorted(changes):
        last = merged[-1] if merged else None
        if last and change.start < last.end and not (last.text or change.text):
            merged[-1] = Change(last.start, max(last.end, change.end))
        else:
            merged.append(change)
    pieces, position = [], 0
    for start, end, new in merged:
        pieces += [text[position:start], new]
        position = end
    result = "".join([*pieces, text[position:]])
    return result, (merged[0].start, len(result) - (len(text) - position))


class Source:
    """A text that could be parsed, at least its structure."""

    def __init__(self, document: Document, problems: Sequence[Problem] = ()):
        self.document, self.text, self.nodes = document, document.text, document.nodes
        self.descriptor = document.message.DESCRIPTOR
        self.problems = problems
        """The mistakes in it: unknown fields and wrong values, which the message has not."""

    # -- lines -------------------------------------------------------------------------------

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, before its line break."""
        end = self.text.find("\n", offset)
        if end < 0:
            return len(self.text)
        return end - 1 if end > offset and self.text[end - 1] == "\r" else end

    def next_line(self, offset: int) -> int:
        """Return where the line after that of an offset begins."""
        end = self.text.find("\n", offset)
        return end + 1 if end >= 0 else len(self.text)

    def indent(self, offset: int) -> str:
        """Return the white space at the beginning of the line of an offset."""
        start = self.line_start(offset)
        line = self.text[start : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip())]

    def first_on_line(self, offset: int) -> bool:
        """Whether there is only white space before an offset on its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def last_on_line(self, offset: int) -> bool:
        """Whether there is only white space or a comment from an offset to the end of its line."""
        return _BLANK_OR_COMMENT.match(self.text, offset) is not None

    def comment_after(self, offset: int) -> bool:
        """Whether nothing but a comment follows an offset on its line."""
        return self.text[offset : self.line_end(offset)].lstrip().startswith("#")

    def line_break(self, offset: int) -> str:
        """Return the line break that is used around an offset."""
        at = self.text.find("\n", offset)
        if at < 0:
            at = self.text.rfind("\n")
        return "\r\n" if at > 0 and self.text[at - 1] == "\r" else "\n"

    def above(self, start: int) -> int:
        """Return where the comment lines begin that belong to the line at ``start``.

        Those that begin on the text's first line, or have a line without letters and digits among them, do not.
        """
        top, heading = start, False
        while top:
            line = self.text[self.line_start(top - 1) : top].strip()
            if not line.startswith("#"):
                break
            heading |= len(line) > 1 and not any(map(str.isalnum, line))
            top = self.line_start(top - 1)
        return start if heading or top == 0 else top

    # -- fields ------------------------------------------------------------------------------

    def items(self, nodes: Nodes) -> list[Item]:
        """Return the fields of a block in their order in the text."""
        groups: dict[tuple[str, int], list[Entry]] = {}
        for name, entries in nodes.items():
            for entry in entries:
                key = (name, entry.list_offset if entry.in_list else entry.name_offset)
                groups.setdefault(key, []).append(entry)
        found = [self._item(name, entries) for (name, _), entries in groups.items()]
        return sorted(found, key=lambda item: item.start)

    def item(self, name: str, entry: Entry, nodes: Nodes) -> Item:
        """Return the field that an entry of a block belongs to."""
        group = [entry]
        if entry.in_list:
            group = [other for other in nodes[name] if other.list_offset == entry.list_offset]
        return self._item(name, group)

    def _item(self, name: str, entries: Sequence[Entry]) -> Item:
        first, end = entries[0], entries[-1].end_offset
        if first.in_list:
            close = _TO_LIST_END.match(self.text, end)
            end = close.end() if close else end
        separator = _SEPARATOR.match(self.text, end)
        sign = separator[1] if separator else ""
        end = separator.end() if separator else end
        return Item(name, first.name_offset, end, sign, tuple(entries))

    def one_line(self, entry: Entry) -> bool:
        """Whether a block begins and ends on one line."""
        return self.text.find("\n", entry.name_offset, entry.end_offset) < 0

    def unit(self, block: Entry | None) -> str:
        """Return by how much fields are indented further than their block: there, or elsewhere in the text."""
        nearby = [block] if block else []
        blocks = [entry for entries in self.nodes.values() for entry in entries]
        for entry in (*nearby, *blocks):
            found = self._unit_in(entry)
            if found:
                return found
        return DEFAULT_UNIT

    def _unit_in(self, block: Entry) -> str:
        outer = self.indent(block.name_offset)
        for entries in (block.children or {}).values():
            for entry in entries:
                inner = self.indent(entry.name_offset)
                if self.first_on_line(entry.name_offset) and inner != outer:
                    return inner.removeprefix(outer) if inner.startswith(outer) else ""
        for entries in (block.children or {}).values():
            for entry in entries:
                found = self._unit_in(entry) if entry.children else ""
                if found:
                    return found
        return ""

    def colon(self, items: Sequence[Item]) -> str:
        """Return the colon as the fields of a block have it: with a space after it or without."""
        for item in items:
            entry = item.entries[0]
            if entry.children is None and not entry.in_list:
                between = self.text[entry.name_offset + entry.name_length : entry.value_offset]
                return ":" if between == ":" else ": "
        return ": "

    # -- removing ----------------------------------------------------------------------------

    def removal(self, items: Sequence[Item]) -> list[Change]:
        """Return what removes fields of one block: with their lines if nothing else is on these."""
        runs: list[Item] = []
        for item in items:
            if runs and not self.text[runs[-1].end : item.start].strip():
                runs[-1] = replace(runs[-1], end=item.end)
            else:
                runs.append(item)
        return [self.cut(run.start, run.end) for run in runs]

    def cut(self, start: int, end: int) -> Change:
        """Return what removes a part of the text with the white space before it, or with its lines."""
        if self.first_on_line(start):
            if self.last_on_line(end):
                return self.without_lines(self.line_start(start), self.next_line(end))
            following = re.compile(r"[^\S\n]*").match(self.text, end)
            return Change(start, following.end() if following else end)
        return Change(len(self.text[:start].rstrip(" \t")), end)

    def without_lines(self, start: int, end: int) -> Change:
        """Return what removes whole lines; the last line of a text without a line break still has none."""
        if end == len(self.text) and not self.text.endswith("\n") and start:
            start -= 2 if self.text[start - 2 : start] == "\r\n" else 1
        return Change(start, end)


def children_of(source: Source, block: Entry | None) -> Nodes:
    """Return the fields of a block, or of the whole text."""
    if block is None:
        return source.nodes
    return block.children if block.children is not None else {}


def descriptor_order(descriptor: Any) -> dict[str, int]:
    """Return the position at which each field is declared."""
    return {field.name: position for position, field in enumerate(descriptor.fields)}
