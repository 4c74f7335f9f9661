"""What is wrong with the layers of a net, collected while it is built."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from mycaffe_py.errors import (
    ConfigError,
    MissingLayerFileError,
    MyCaffeError,
    Problem,
    PrototxtError,
    add_note,
)
from mycaffe_py.layer.layer import PHASE_NAMES
from mycaffe_py.plugin_code import note_place
from mycaffe_py.schema import Document
from mycaffe_py.schema.prototxt.document import steps_of

from .topology import MAX_PROBLEMS


def note_layer(error: Exception, layer: Any, action: str, phase: int) -> None:
    """Add the layer (or its LayerParameter), the action and the phase to an exception raised in it."""
    add_note(error, f'in layer "{layer.name}" ({layer.type}), {action}, phase {PHASE_NAMES[phase]}')
    note_place(error)


@dataclass
class _Found:
    """One problem: the layer's position in the file, and the layer's own error, if it raised one."""

    position: int | None
    problem: Problem
    error: MyCaffeError | None = None
    placed_here: bool = False


def path_of(position: int | None, *steps: str | int) -> tuple[str | int, ...]:
    """Return the path of a layer's field in the file; without a position for layers that are not in it."""
    return ("layer", *steps) if position is None else ("layer", position, *steps)


class LayerProblems:
    """The problems of a net's layers, each with its location in the document."""

    def __init__(self, document: Document):
        self.document = document
        self._found: list[_Found] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def are_many(self) -> bool:
        """Whether there are so many that looking for more helps nobody."""
        return len(self._found) >= MAX_PROBLEMS

    def add(self, found: Iterable[tuple[int | None, Problem]]) -> None:
        """Record problems with the positions of their layers."""
        self._found += [_Found(position, problem) for position, problem in found]

    def add_error(self, error: MyCaffeError, param: Any, position: int | None) -> None:
        """Record a layer's error, with the layer's location in the file if it has none."""
        placed = position is not None and not (error.location or isinstance(error, PrototxtError))
        problems = [self._located(error, param, position)] if placed else error.problems
        placed &= isinstance(error, ConfigError)
        self._found += [_Found(position, problem, error, placed) for problem in problems]

    def _located(self, error: MyCaffeError, param: Any, position: int | None) -> Problem:
        message = error.message
        if error.layer != param.name and f'layer "{param.name}"' not in message:
            message = f'layer "{param.name}" ({param.type}): {message}'
        path = path_of(position, *steps_of(error.field))
        text = error.text or error.message
        hint = error.hint
        if hint is None and isinstance(error, MissingLayerFileError):
            hint = how_to_make_data(self.document.text)
        return self.document.problem(path, message, hint, code=error.code, text=text)

    def in_order(self) -> list[Problem]:
        """Return the problems in file order."""
        return [found.problem for found in sorted(self._found, key=self._place)][:MAX_PROBLEMS]

    def _place(self, found: _Found) -> tuple[int, int]:
        place = found.problem.location
        if place is None or place.filename != self.document.filename:
            if found.position is None or not self.document.text:
                return 0, found.position or 0
            place = self.document.locate_field(("layer", found.position))
        return place.line, place.column

    def raise_all(self) -> NoReturn:
        """Raise all problems together; a layer's own error, with its notes, if it is the only one."""
        errors = [found.error for found in self._found]
        first = next((error for error in errors if error is not None), None)
        if first is None:
            raise PrototxtError(self.in_order())
        if len(set(map(id, errors))) == 1 and not self._found[0].placed_here:
            raise first
        raised = PrototxtError(self.in_order())
        if all(isinstance(error, MissingLayerFileError) for error in errors):
            raised.exit_code = first.exit_code
        if len(errors) == 1:
            for note in getattr(first, "__notes__", ()):
                add_note(raised, note)
        raise raised from first


_DATA_COMMENT = re.compile(r"^[^\S\n]*#[^\S\n]*(To make its data: .*\S)", re.M)


def how_to_make_data(text: str) -> str | None:
    """Return what a model's text says about making its data, in a comment ``# To make its data: COMMAND``, or None."""
    found = _DATA_COMMENT.search(text)
    return found[1][:1].lower() + found[1][1:] if found else None
