"""A parsed prototxt text: its message, and the location of each of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mycaffe_py.errors import ConfigError, Location, MissingFileError, Problem, PrototxtError
from mycaffe_py.schema.proto.lines import Lines
from mycaffe_py.showing import one_line, shows

from .entries import (
    Entry as Entry,
    FieldText,
    Nodes as Nodes,
    Path as Path,
    steps_of as steps_of,
    without_field,
)
from .places import FieldTexts, path_to


@dataclass(repr=False)
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
    remarks: list[Problem] = field(default_factory=list, repr=False)
    """What the text has of forks of Caffe, or Caffe does not take, but was read: for warnings."""
    forks: set[str] = field(default_factory=set, repr=False)

    @shows
    def __repr__(self) -> str:
        kind = self.message.DESCRIPTOR.name
        return one_line("Document", kind, repr(self.filename), lines=self.text.count("\n") + 1)

    @cached_property
    def lines(self) -> Lines:
        """The lines of the text."""
        return Lines(self.text)

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

    def path_at(self, line: int, column: int) -> Path:
        """Return the path of the innermost field around a place, line and column counted from 1.

        Between the fields of a block it is the nearest one on that line, else the block; outside all, it is ().
        """
        starts = self.lines.starts
        start = starts[min(max(line, 1), len(starts)) - 1]
        end = self.text.find("\n", start) % (len(self.text) + 1)  # -1 is the text's end
        offset = min(start + column - 1, end)
        return tuple(path_to(self.nodes, self.message.DESCRIPTOR, offset, (start, end)))

    def fields(self) -> dict[Path, FieldText]:
        """Return every value in the text by its path, with its place; blocks are left out.

        The text of a string is its value, of an enum or bool its usual spelling, and of a number what is written.
        """
        found = FieldTexts(self.lines)
        found.add(self.nodes, self.message.DESCRIPTOR, ())
        return found.fields

    def layer_lines(self) -> list[tuple[int, int, int]]:
        """Return (index, first line, last line) of each layer of a net, counted from 1; [] without text."""
        number = self.lines.number
        lines = []
        for index, entry in enumerate(self.nodes.get("layer", []) if self.text else []):
            last = max(entry.end_offset - 1, entry.name_offset)
            lines.append((index, number(entry.name_offset), number(last)))
        return lines

    def problem(
        self, path: Path, message: str, hint: str | None = None, code: str = "E200", text: str = ""
    ) -> Problem:
        """Return a problem with the value of a field; without a location if there is no text.

        ``text`` is the message without the name of the layer that it begins with.
        """
        place = self.locate(path) if self.text else None
        about = (self._setting_at(path), self.layer_at(path), without_field(text or message, path))
        vague = path[:1] == ("layer",) and not any(isinstance(step, int) for step in path[1:2])
        return Problem(message, place, hint, code, *about, None if vague else path)

    def warning(self, path: Path, message: str, hint: str | None = None) -> str:
        """Return a warning as text, with the place of a field's value unless the text does not have it.

        It may come from elsewhere, such as ``--set``; a block given as one text has it all the same.
        """
        problem = self.problem(path, message, hint)
        entry = self._find(path)
        opened = entry is None or entry.children is not None
        is_block = entry is not None and entry is not self._find(path[:-1])
        if opened and not is_block:
            problem = replace(problem, location=None)
        return problem.as_warning()

    def layer_at(self, path: Path) -> str:
        """Return the name of the layer that a path leads into, or "" if it leads into none."""
        layers = self.message.layer if path[:1] == ("layer",) else ()
        index = path[1] if len(path) > 1 else None
        return layers[index].name if isinstance(index, int) and index < len(layers) else ""

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
                text = error.text or error.message
                problem = self.problem(path, error.message, error.hint, error.code, text)
                raise PrototxtError([problem]) from error
            if not self.text:
                raise
            place = self.locate(path)
            located = MissingFileError(error.message, hint=error.hint, location=place)
            located.setting, located.field_path = self._setting_at(path), path
            located.layer = error.layer or self.layer_at(path)
            located.text = without_field(error.text or error.message, path)
            raise located from error

    def _start(self) -> Location:
        return Location(self.filename, 1, 1, self.text.partition("\n")[0].rstrip("\r"))

    def _location(self, offset: int, length: int) -> Location:
        return self.lines.location(self.filename, offset, length)

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
