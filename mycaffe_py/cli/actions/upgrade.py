"""Implementation of ``upgrade-net`` and ``upgrade-solver``, and the notes of other verbs on old file formats."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mycaffe_py.cli.failures import say, warn
from mycaffe_py.cli.options import load_plugins
from mycaffe_py.cli.outputs import say_replaced
from mycaffe_py.errors import EXIT_OK, ConfigError, MissingFileError, PrototxtError
from mycaffe_py.reading import read_bytes
from mycaffe_py.schema import Document, upgrade_net, upgrade_solver
from mycaffe_py.schema.kinds import parse_kind
from mycaffe_py.schema.prototxt.files import read_text_file
from mycaffe_py.schema.upgrade.loading import read_binary_net, read_net
from mycaffe_py.weights.atomic import atomic_write
from mycaffe_py.weights.caffemodel import serialize

# A "#" outside strings.
_COMMENT = re.compile(r"""^(?:[^"'#\n]|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')*\#""", re.M)


def upgrade_net_file(source: str, target: str, binary: bool, plugins: tuple[str, ...]) -> int:
    """Read a net, upgrade it, and write it as text or binary, as it was."""
    schema = load_plugins(plugins).schema
    document = _read_binary(schema, source) if binary else read_net(schema, source)
    _refuse(upgrade_net(document))
    if not document.message.layer:
        raise ConfigError(f"{source} contains no layers")
    _report(document)
    say_replaced([Path(target)])
    if document.text:
        _write_text(schema, document, target)
    else:
        atomic_write(target, serialize(document.message, target))
        say(f"Wrote upgraded NetParameter binary proto to {target}")
    return EXIT_OK


def upgrade_solver_file(source: str, target: str, plugins: tuple[str, ...]) -> int:
    """Read a solver, upgrade it, and write it."""
    schema = load_plugins(plugins).schema
    document = parse_kind(schema, read_text_file(source), source, "SolverParameter")
    _refuse(upgrade_solver(document))
    _report(document)
    say_replaced([Path(target)])
    _write_text(schema, document, target)
    return EXIT_OK


def upgrade_notes(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a note for each file in an old format, with the command that upgrades it."""
    seen = set()
    for document in documents:
        if not document.upgrades or document.filename in seen:
            continue
        seen.add(document.filename)
        kind = "net" if document.message.DESCRIPTOR.name == "NetParameter" else "solver"
        yield (
            f"note: {document.filename} uses an old format ({'; '.join(document.upgrades)}); "
            f"mycaffe upgrade-{kind} {shlex.quote(document.filename)} NEW upgrades it"
        )


def _read_binary(schema: Any, source: str) -> Document:
    document = read_binary_net(schema, source)
    if document is not None:
        return document
    try:
        read_bytes(source)
    except FileNotFoundError as error:
        raise MissingFileError(f"no such file: {source}") from error
    except OSError as error:
        raise ConfigError(f"cannot read {source}: {error.strerror or error}") from error
    raise ConfigError(
        f"{source} is not a net in binary format", hint="omit --binary for a prototxt file"
    )


def _refuse(problems: list[Any]) -> None:
    if problems:
        raise PrototxtError(problems)


def _report(document: Document) -> None:
    if not document.upgrades:
        say(f"File already in latest proto format: {document.filename}")
    for old in document.upgrades:
        say(f"upgraded: {old}")


def _write_text(schema: Any, document: Document, target: str) -> None:
    if _COMMENT.search(document.text):
        warn(f"the comments of {document.filename} were not copied to {target}")
    atomic_write(target, schema.to_text(document.message))
    say(f"Wrote upgraded {document.message.DESCRIPTOR.name} text proto to {target}")
