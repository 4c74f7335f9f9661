"""Where the values of a text are, and which value is at a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mycaffe_py.schema.proto import literals
from mycaffe_py.schema.proto.lines import Lines

from .entries import Entry, FieldText, Nodes, Path
from .tokens import bare_text, tokenize

_QUOTES = "\"'"


def path_to(
    nodes: Nodes, descriptor: Any, offset: int, line: tuple[int, int] | None = None
) -> Iterator[str | int]:
    """Yield the steps to the innermost entry that holds an offset.

    With a ``line`` (start and end), the last step may lead to an entry on that line beside the offset, unless that
    is at the name or the brackets of a block.
    """
    entries = [(name, i, entry) for name, each in nodes.items() for i, entry in enumerate(each)]
    found = next((one for one in entries if one[2].holds(offset)), None)
    if found is None and line is not None:
        found = _nearest(entries, offset, line)
    if found is None:
        return
    name, index, entry = found
    field = descriptor.fields_by_name[name]
    yield name
    if is_repeated(field):
        yield index
    at_bracket = entry.name_offset <= offset <= entry.open_offset or offset == entry.end_offset - 1
    if entry.children and field.message_type is not None and not at_bracket:
        yield from path_to(entry.children, field.message_type, offset, line)


def _nearest(
    entries: list[tuple[str, int, Entry]], offset: int, line: tuple[int, int]
) -> tuple[str, int, Entry] | None:
    """Return the entry on a line that is nearest to an offset, or None."""
    start, end = line
    on_line = [one for one in entries if one[2].start <= end and one[2].end_offset >= start]
    return min(on_line, key=lambda one: _distance(one[2], offset), default=None)


def _distance(entry: Entry, offset: int) -> int:
    return max(entry.start - offset, offset - entry.end_offset, 0)


class FieldTexts:
    """The values in a text, by their paths."""

    def __init__(self, lines: Lines):
        self.text, self.lines = lines.text, lines
        self.fields: dict[Path, FieldText] = {}

    def add(self, nodes: Nodes, descriptor: Any, path: Path) -> None:
        """Add the values of a message and of the messages inside it."""
        for name, entries in nodes.items():
            field = descriptor.fields_by_name[name]
            repeated = is_repeated(field)
            for index, entry in enumerate(entries):
                here = (*path, name, index) if repeated else (*path, name)
                if entry.children is None:
                    self.fields[here] = self._place(entry, field)
                elif field.message_type is not None:
                    self.add(entry.children, field.message_type, here)

    def _place(self, entry: Entry, field: Any) -> FieldText:
        line = self.lines.number(entry.value_offset)
        column = self.lines.column(entry.value_offset)
        length = entry.end_offset - entry.value_offset
        return FieldText(usual_text(self.text, entry, field), line, column, length)


def usual_text(text: str, entry: Entry, field: Any) -> str:
    """Return a value's text: a string without quotes, an enum or bool in its usual spelling, a number as written."""
    written = text[entry.value_offset : entry.end_offset]
    if written[:1] in _QUOTES:
        tokens = [token.text[1:-1] for token in tokenize(written) if token.kind == "string"]
        try:
            return b"".join(map(literals.unescape, tokens)).decode("utf-8", "backslashreplace")
        except ValueError:
            return written[1:-1]
    written = written or bare_text(text, entry.value_offset)
    if field.cpp_type == field.CPPTYPE_BOOL:
        return _usual_bool(written)
    if field.enum_type is not None:
        return _usual_name(written, field.enum_type)
    return written


def _usual_bool(written: str) -> str:
    try:
        return "true" if literals.parse_bool(written) else "false"
    except ValueError:
        return written


def _usual_name(written: str, enum_type: Any) -> str:
    for name, value in enum_type.values_by_name.items():
        if written.lower() == name.lower() or written == str(value.number):
            return name
    return written


def is_repeated(field: Any) -> bool:
    """Whether a field descriptor is repeated, in every protobuf release."""
    newer = getattr(field, "is_repeated", None)
    return newer if isinstance(newer, bool) else field.label == field.LABEL_REPEATED
