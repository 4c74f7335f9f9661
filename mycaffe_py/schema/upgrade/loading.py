"""Reading nets and solvers from files, in the current format or an older one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

from mycaffe_py.errors import ConfigError, MyCaffeWarning, Problem, PrototxtError, SnapshotError
from mycaffe_py.reading import read_bytes
from mycaffe_py.schema.kinds import parse_kind
from mycaffe_py.schema.prototxt.document import Document
from mycaffe_py.schema.prototxt.files import read_text_file, refuse_empty
from mycaffe_py.schema.schema import Schema
from mycaffe_py.schema.texts import check_texts

from .mycaffe_defaults import other_defaults
from .nets import upgrade_net
from .solvers import upgrade_solver


def load_net(schema: Schema, path: str | os.PathLike[str]) -> Document:
    """Read a net from a prototxt file, or from a binary one such as a .caffemodel, and upgrade it."""
    return _checked(upgrade_net, read_net(schema, path))


def load_net_text(schema: Schema, text: str, filename: str = "<string>") -> Document:
    """Read a net from prototxt text and upgrade it."""
    return _checked(upgrade_net, parse_kind(schema, text, filename, "NetParameter"))


def load_solver(schema: Schema, path: str | os.PathLike[str]) -> Document:
    """Read a solver from a prototxt file and upgrade it, with the nets written inside it."""
    text = read_text_file(path)
    refuse_empty(text, path, "a solver")
    return load_solver_text(schema, text, os.fspath(path))


def load_solver_text(schema: Schema, text: str, filename: str = "<string>") -> Document:
    """Read a solver from prototxt text and upgrade it, with the nets written inside it."""
    return _checked(upgrade_solver, parse_kind(schema, text, filename, "SolverParameter"))


def read_net(schema: Schema, path: str | os.PathLike[str]) -> Document:
    """Read a net as it is in the file, without upgrading; the document of a binary file has no text."""
    name = os.fspath(path)
    try:
        text = read_text_file(path)
        refuse_empty(text, path, "a model")
        return parse_kind(schema, text, name, "NetParameter")
    except PrototxtError:
        raise
    except ConfigError:
        document = read_binary_net(schema, path)
        if document is None:
            raise
        return document


def read_binary_net(schema: Schema, path: str | os.PathLike[str]) -> Document | None:
    """Read a net from a binary file; None if it does not contain a net."""
    try:
        message = schema.parse_binary(read_bytes(path), "NetParameter")
        check_texts(message)
    except (OSError, SnapshotError, ValueError):
        return None
    # Caffe's first version has the name one level deeper.
    named = [
        layer.name or layer.layer.name or layer.bottom or layer.top for layer in message.layers
    ]
    named += [layer.name or layer.bottom or layer.top for layer in message.layer]
    if not all(named) or not named:
        return None  # bytes that happen to parse as a message
    message.ClearField("file_size")
    message.ClearField("checksum")
    return Document(message, os.fspath(path))


def _checked(upgrade: Callable[[Document], list[Problem]], document: Document) -> Document:
    problems = upgrade(document)
    if problems:
        raise PrototxtError(problems)
    for text in warnings_about(document):
        warnings.warn(text, MyCaffeWarning, stacklevel=3)
    return document


def warnings_about(document: Document) -> list[str]:
    """Return, for an upgraded document, what its text has that Caffe does not take or means otherwise in its fork."""
    return [problem.as_warning() for problem in (*document.remarks, *other_defaults(document))]
