"""A parsed prototxt text: its message, and the location of each of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from mycaffe_py.errors import ConfigError, Location, MissingFileError, Problem, PrototxtError
from mycaffe_py.schema.proto.declarations import location_in

Path: TypeAlias = tuple["str | int", ...]
Nodes: TypeAlias = "dict[str, list[Entry]]"


class Entry:
    """One value in the text: the spans of its field name and of the value, its end, and its fields."""

    __slots__ = (
        "children", "end_offset", "name_length", "name_offset", "value_length", "value_offset",
    )  # fmt: skip

    def __init__(
        self,
        name_span: tuple[int, int],
        value_span: tuple[int, int] | None = None,
        children: Nodes | None = None,
    ):
        self.name_offset, self.name_length = name_span
        self.value_offset, self.value_length = value_span or name_span
        self.end_offset = self.value_offset + self.value_length
        self.children = children


def steps_of(field: str) -> Path:
    """Return the path that a dotted name such as ``bottom.1`` represents."""
    return tuple(int(step) if step.isdigit() else step for step in field.split(".") if step)


@dataclass
class Document:
    """A message and the text that it was read from.

    A path names a field by field names and indices: ``("layer", 3, "bottom", 1)``.
    """

    message: Any
    filename: str = "<string>"
    text: str = ""
    nodes: Nodes = field(default_factory=dict, repr=False)
    upgrades: list[str] = field(default_factory=list, repr=False)
    """The old formats that were upgraded."""

    def copy(self) -> Document:
        """Return a copy that may be changed without affecting this document."""
        message = type(self.message)()
        message.CopyFrom(self.message)
        return replace(self, message=message, nodes=dict(self.nodes))

    def inner(self, field: str, index: int, message: Any) -> Document:
        """Return ``message``, the value of a field number ``index``, as a document of its own."""
        entries = self.nodes.get(field, [])
        children = entries[index].children if index < len(entries) else None
        return Document(message, self.filename, self.text if children else "", children or {})

    def locate(self, path: Path) -> Location:
        """Return the location of a field's value, or of the nearest enclosing field."""
        entry = self._find(path)
        if entry is None:
            return self._start()
        return self._location(entry.value_offset, entry.value_length)

    def locate_field(self, path: Path) -> Location:
        """Return the location of a field's name, or of the nearest enclosing field."""
        entry = self._find(path)
        if entry is None:
            return self._start()
        return self._location(entry.name_offset, entry.name_length)

    def problem(
        self, path: Path, message: str, hint: str | None = None, code: str = "E200"
    ) -> Problem:
        """Return a problem with the value of a field; without a location if there is no text."""
        place = self.locate(path) if self.text else None
        return Problem(message, place, hint, code, self._setting_at(path))

    def _setting_at(self, path: Path) -> str:
        """Return a setting as ``--set`` names it: below the layer's name, ``solver`` or ``net``."""
        message = self.message
        if path[:1] == ("layer",) and len(path) > 1 and isinstance(path[1], int):
            owner, path = message.layer[path[1]].name, path[2:]
        else:
            owner = "solver" if message.DESCRIPTOR.name == "SolverParameter" else "net"
        return ".".join([owner, *map(str, path)])

    @contextmanager
    def locating(self, *prefix: str | int) -> Iterator[None]:
        """Add to an error without a location that of its ``field``, counted from the message at ``prefix``.

        A ConfigError becomes a PrototxtError; a MissingFileError keeps its class.
        """
        try:
            yield
        except PrototxtError:
            raise
        except (ConfigError, MissingFileError) as error:
            if error.location is not None:
                raise
            steps = steps_of(error.field)
            if prefix and steps[:1] == prefix[-1:]:
                steps = steps[1:]  # a plugin's error counts from the message around its own
            path = (*prefix, *steps)
            if not isinstance(error, MissingFileError):
                problem = self.problem(path, error.message, error.hint, error.code)
                raise PrototxtError([problem]) from error
            if not self.text:
                raise
            place = self.locate(path)
            located = MissingFileError(error.message, hint=error.hint, location=place)
            located.setting = self._setting_at(path)
            raise located from error

    def _start(self) -> Location:
        return Location(self.filename, 1, 1, self.text.partition("\n")[0].rstrip("\r"))

    def _location(self, offset: int, length: int) -> Location:
        return location_in(self.text, self.filename, offset, length)

    def _find(self, path: Path) -> Entry | None:
        found: Entry | None = None
        nodes: Nodes | None = self.nodes
        position = 0
        while position < len(path):
            entries = nodes.get(str(path[position])) if nodes else None
            index: str | int = 0
            position += 1
            if position < len(path) and isinstance(path[position], int):
                index = path[position]
                position += 1
            if not entries or not isinstance(index, int) or index >= len(entries):
                return found
            found = entries[index]
            nodes = found.children
        return found
