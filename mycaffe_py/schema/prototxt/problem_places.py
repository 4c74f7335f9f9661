"""Problems of a whole text: those of one in another language, and the paths of all others."""

from __future__ import annotations

from dataclasses import replace

from mycaffe_py.errors import Problem, PrototxtError
from mycaffe_py.schema.proto.lines import Lines

from .cursor import SYNTAX
from .document import Document
from .places import path_to


def refuse_other_languages(text: str, filename: str) -> None:
    """Raise PrototxtError with the one problem of a text that is no prototxt at all."""
    from mycaffe_py.foreign.texts import foreign_text

    found = foreign_text(text)
    if found is not None:
        place = Lines(text).location(filename, found.offset, found.length)
        raise PrototxtError([Problem(found.message, place, found.hint, SYNTAX)])


def with_path(problem: Problem, document: Document) -> Problem:
    """Return a problem with the path of the field, or of the message around it, that it is about."""
    place = problem.location
    assert place is not None
    offset = document.lines.starts[place.line - 1] + place.column - 1
    path = tuple(path_to(document.nodes, document.message.DESCRIPTOR, offset))
    return replace(problem, path=path, layer=document.layer_at(path))
