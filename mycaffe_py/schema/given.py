"""What a program may give for a net or a solver: a path, prototxt text, a message, a document, a NetSpec or a dict."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mycaffe_py.errors import ConfigError, PrototxtError

from .assigning import assign
from .prototxt.document import Document
from .schema import Schema
from .upgrade import load_net_text, load_solver_text, upgrade_solver, upgraded_net


class ProtoMessage(Protocol):
    """A message of any schema."""

    @property
    def DESCRIPTOR(self) -> Any:  # noqa: N802
        """What the message is."""

    def SerializePartialToString(self) -> bytes:  # noqa: N802
        """Return the message in binary form."""


class HasProto(Protocol):
    """What can be turned into a message, such as a NetSpec."""

    def to_proto(self) -> Any:
        """Return the NetParameter."""


ModelLike = str | os.PathLike[str] | Document | ProtoMessage | HasProto
SolverLike = str | os.PathLike[str] | Document | ProtoMessage | Mapping[str, Any]

TEXT_NAME = "<text>"
"""The file name in errors about a text that is in no file."""

SETTINGS_NAME = "<settings>"
"""The same for settings that are a message or a dict."""

_FIELD = re.compile(r"\s*[A-Za-z_]\w+\s*(\{|:\s*([\w\"'.+-]|$))")
_FILE = re.compile(r"[^\n{}\"']*\.[A-Za-z]{2,}\w*\s*")


def is_text(given: Any) -> bool:
    """Whether a string is prototxt text rather than a path.

    It is text if, apart from empty lines and comments, it begins with a field, ``name:`` or ``name {``, and is not
    the name of a file. A single word, or a line that ends like a file name without quotes, is a path.
    """
    if not isinstance(given, str) or _names_a_file(given):
        return False
    lines = [
        line for line in given.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines or _FIELD.match(lines[0]) is None:
        return False
    return len(lines) > 1 or _FILE.fullmatch(given) is None


def _names_a_file(given: str) -> bool:
    try:
        return os.path.exists(given)
    except ValueError:  # no path can contain a zero byte
        return False


def is_named_file(document: Document) -> bool:
    """Whether a document was read from a file whose folder and name mean something."""
    return bool(document.text) and not document.filename.startswith("<")


def net_document(schema: Schema, given: Any, read: Callable[[Any], Document]) -> Document:
    """Return a net as a document that may be changed; ``read`` reads a path.

    ``given`` may be a path, prototxt text, a Document, a NetParameter message of any registry or of protoc's own
    module, or what has a ``to_proto()`` such as a NetSpec. Raises ConfigError for anything else.
    """
    if isinstance(given, Document):
        return given.copy()
    if is_text(given):
        return load_net_text(schema, given, TEXT_NAME)
    if isinstance(given, str | os.PathLike):
        return read(given)
    is_object = not isinstance(given, type) and not _is_message(given)
    if is_object and callable(getattr(given, "to_proto", None)):
        given = given.to_proto()
    if not _is_message(given, "NetParameter"):
        raise ConfigError(
            f"a net is built from a file name, prototxt text, a NetSpec or a NetParameter, not {_kind(given)}"
        )
    return upgraded_net(_of_schema(schema, given, "NetParameter"))


def solver_document(schema: Schema, given: Any, read: Callable[[Any], Document]) -> Document:
    """Return solver settings as a document that may be changed; ``read`` reads a path.

    ``given`` may be a path, prototxt text, a Document, a SolverParameter message, or a dict of its fields; a dict
    without ``lr_policy`` means a fixed rate, and has to give ``base_lr``.
    """
    if isinstance(given, Document):
        return given.copy()
    if is_text(given):
        return load_solver_text(schema, given, TEXT_NAME)
    if isinstance(given, str | os.PathLike):
        return read(given)
    if isinstance(given, Mapping):
        return _of_fields(schema, given)
    if not _is_message(given, "SolverParameter"):
        raise ConfigError(
            "a solver is built from a file name, prototxt text, a dict of settings or a SolverParameter, "
            f"not {_kind(given)}"
        )
    return _upgraded(Document(_of_schema(schema, given, "SolverParameter"), SETTINGS_NAME))


def _of_fields(schema: Schema, fields: Mapping[Any, Any]) -> Document:
    if "base_lr" not in fields:
        raise ConfigError("solver: base_lr, the learning rate, is not given", field="base_lr")
    document = Document(schema.new("SolverParameter"), SETTINGS_NAME)
    return with_fields(schema, document, {"lr_policy": "fixed"} | dict(fields))


def with_fields(schema: Schema, document: Document, fields: Mapping[str, Any]) -> Document:
    """Return a solver's document with other values of some fields; their places in the text are forgotten."""
    changed = document.copy()
    for name, value in fields.items():
        if isinstance(name, str) and name in schema.message_info("SolverParameter").fields:
            changed.message.ClearField(name)
            changed.nodes.pop(name, None)
        assign(schema, changed.message, "SolverParameter", name, value, "solver")
    return _upgraded(changed)


def _upgraded(document: Document) -> Document:
    problems = upgrade_solver(document)
    if problems:
        raise PrototxtError(problems)
    return document


def _kind(given: Any) -> str:
    name = getattr(getattr(given, "DESCRIPTOR", None), "name", "")
    return f"a {name}" if isinstance(name, str) and name else type(given).__name__


def _is_message(given: Any, name: str = "") -> bool:
    descriptor: Any = getattr(given, "DESCRIPTOR", None)
    is_one = descriptor is not None and hasattr(given, "SerializePartialToString")
    return is_one and not isinstance(given, type) and (not name or descriptor.name == name)


def _of_schema(schema: Schema, message: Any, name: str) -> Any:
    """Return a copy of a message in our own schema: it may have been made with another registry, or by protoc."""
    cls = schema.message_class(name)
    if type(message) is cls:
        own = cls()
        own.CopyFrom(message)
        return own
    return schema.parse_binary(message.SerializePartialToString(), name)
