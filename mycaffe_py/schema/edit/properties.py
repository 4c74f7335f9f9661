"""MyCaffe's trainer settings in one string, ``custom_trainer_properties: "Key=value;Key=value"``, changed in place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema.proto.literals import unescape
from mycaffe_py.schema.prototxt.tokens import Token, tokenize

from .fields import Edit, set_text, unset_field
from .literals import quoted
from .source import Change, Source

PROPERTIES = "custom_trainer_properties"
_UNIT_OF_STRING = re.compile(r"\\(?:[0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|u.{4}|U.{8}|.)|.", re.DOTALL)


class _Property(NamedTuple):
    """One ``Key=value`` by the offsets of its bytes in the string's value."""

    key: str
    start: int
    end: int
    value_start: int
    value_end: int


class Properties:
    """The string in a solver's text: its bytes, and where each is written."""

    def __init__(self, source: Source):
        self.source = source
        entries = source.nodes.get(PROPERTIES, [])
        self.given = bool(entries)
        self.literals: list[Token] = []
        if entries:
            start, end = entries[0].value_offset, entries[0].end_offset
            tokens = [each for each in tokenize(source.text[start:end]) if each.kind == "string"]
            self.literals = [each._replace(offset=each.offset + start) for each in tokens]
        self.data, self.places = b"", list[tuple[int, int]]()
        for each in self.literals:
            self._read(each)
        if entries and not self.literals:  # without quotes, as MyCaffe writes it
            self.data = source.text[start:end].encode()

    def _read(self, literal: Token) -> None:
        for unit in _UNIT_OF_STRING.finditer(literal.text[1:-1]):
            value, start = unescape(unit[0]), literal.offset + 1 + unit.start()
            self.data += value
            self.places += [(start, start + len(unit[0]))] * len(value)

    def parts(self) -> list[_Property]:
        """Return the properties in their order."""
        found, start = [], 0
        for part in self.data.split(b";"):
            key, equals, value = part.partition(b"=")
            if equals and key.strip():
                value_start = start + len(key) + 1 + len(value) - len(value.lstrip())
                value_end = max(value_start, start + len(part.rstrip()))
                name = key.strip().decode("utf-8", "replace")
                found.append(_Property(name, start, start + len(part), value_start, value_end))
            start += len(part) + 1
        return found

    def find(self, key: str) -> _Property | None:
        """Return a property; of several with one key the first one counts."""
        return next((part for part in self.parts() if part.key == key), None)

    def set(self, key: str, value: str) -> Edit:
        """Set a property, or add it at the end."""
        if not key.strip() or set(key) & set(";=") or key != key.strip():
            raise ConfigError(f'"{key}" cannot be the name of a property')
        if ";" in value:
            raise ConfigError(f'the value of {key} cannot contain ";", which separates properties')
        value, part = value.strip(), self.find(key)
        if not self.given:
            return set_text(self.source, [PROPERTIES], f"{key}={value}")
        if not self.literals:
            return self._quoted(key, value, part)
        quote = self.literals[-1].text[0]
        if part is None:
            ended = not self.data.strip() or self.data.rstrip().endswith(b";")
            new = f"{key}={value};" if ended and self.data.strip() else f"{key}={value}"
            place = self.literals[-1].offset + len(self.literals[-1].text) - 1
            written = ("" if ended else ";") + new
            change = Change(place, place, quoted(written, quote)[1:-1])
            data = self.data + written.encode()
        else:
            start, end = self._written(part.value_start, part.value_end)
            quote = self._quote_at(start)
            change = Change(start, end, quoted(value, quote)[1:-1])
            data = self.data[: part.value_start] + value.encode() + self.data[part.value_end :]
        return Edit([change], _setter(data))

    def _quoted(self, key: str, value: str, part: _Property | None) -> Edit:
        """Set a property of a string without quotes, and give it quotes."""
        if part is None:
            data = self.data.rstrip().removesuffix(b";") + f";{key}={value}".encode()
        else:
            data = self.data[: part.value_start] + value.encode() + self.data[part.value_end :]
        return set_text(self.source, [PROPERTIES], data.decode())

    def unset(self, keys: Sequence[str]) -> Edit:
        """Remove properties; the field goes with the last one."""
        for key in keys:
            if self.find(key) is None:
                known = [part.key for part in self.parts()]
                raise ConfigError(f"the property {key} is not set", nearest=(key, known))
        removed = [part for part in self.parts() if part.key in keys]
        if len(removed) == len(self.parts()):
            return unset_field(self.source, [PROPERTIES])
        ranges = self._ranges(removed)
        kept, position = b"", 0
        for start, end in ranges:
            kept, position = kept + self.data[position:start], end
        kept += self.data[position:]
        if not self.literals:
            return set_text(self.source, [PROPERTIES], kept.decode())
        changes = [self._widened(*self._written(start, end)) for start, end in ranges]
        return Edit(changes, _setter(kept))

    def _ranges(self, removed: Sequence[_Property]) -> list[tuple[int, int]]:
        """Return the bytes to be removed, each property with one semicolon."""
        merged: list[tuple[int, int]] = []
        for part in removed:
            start, end = part.start, min(part.end + 1, len(self.data))
            if merged and merged[-1][1] == start:
                start = merged.pop()[0]
            merged.append((start, end))
        start, end = merged[-1]
        if end == len(self.data) and not self.data.endswith(b";") and start:
            merged[-1] = (start - 1, end)
        return merged

    def _written(self, start: int, end: int) -> tuple[int, int]:
        """Return where bytes are written in the text."""
        if start < end:
            return self.places[start][0], self.places[end - 1][1]
        place = self.places[start - 1][1]
        return place, place

    def _quote_at(self, offset: int) -> str:
        held = [each for each in self.literals if each.offset < offset]
        return (held or self.literals)[-1].text[0]

    def _widened(self, start: int, end: int) -> Change:
        """Return a removal that takes an emptied one of several strings with it."""
        for before, each in zip(self.literals, self.literals[1:], strict=False):
            if start == each.offset + 1 and end == each.offset + len(each.text) - 1:
                between = self.source.text[before.offset + len(before.text) : each.offset]
                start = each.offset - (len(between) if not between.strip() else 0)
                return Change(start, each.offset + len(each.text))
        return Change(start, end)


def _setter(data: bytes) -> Any:
    def apply(solver: Any) -> None:
        setattr(solver, PROPERTIES, data.decode())

    return apply
