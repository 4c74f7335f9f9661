"""The documents of a training: read once, with overrides applied, in the current format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mycaffe_py.above import folder_above
from mycaffe_py.errors import ConfigError, MissingFileError, PrototxtError
from mycaffe_py.layer.layer import python_warning
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.resources import find_resource, resource_path
from mycaffe_py.schema import Document, load_net, load_solver
from mycaffe_py.schema.given import (
    ModelLike,
    SolverLike,
    is_named_file,
    net_document,
    solver_document,
)
from mycaffe_py.weights import split_paths

from .mycaffe_trainer import upgrade_custom_trainer
from .overrides import apply_overrides

TRAIN_NET_FIELDS = ("net", "net_param", "train_net", "train_net_param")


@dataclass
class Sources:
    """The solver and model of a training, with overrides applied, and the other files that the solver names."""

    solver: Document
    model: Document
    base_dir: Path
    """The folder that names in the solver file are relative to."""
    tests: Callable[[], list[Document]]
    """Reads the test nets that the solver names or contains; called when the train net is sound."""
    train_only: str
    """The field that names the train net, if it is for training only."""
    weights: list[str | Path]
    """The weights files that the solver names."""
    prefix: Path | None
    """The solver file's path without extension; None for a shipped file, whose folder is not the user's."""


def load_model(name: str | Path, registry: Registry | None = None) -> Document:
    """Read a model file: a path, or the name of a shipped model."""
    registry = registry or default_registry()
    return load_net(registry.schema, find_resource("models", name))


def read_solver(name: str | Path, registry: Registry) -> Document:
    """Read a solver file as it is written: a path, or the name of a shipped solver."""
    return load_solver(registry.schema, find_resource("solvers", name))


def load_solver_file(name: str | Path, registry: Registry | None = None) -> Document:
    """Read a solver file: a path, or the name of a shipped solver; MyCaffe's trainer form is upgraded."""
    registry = registry or default_registry()
    document = read_solver(name, registry)
    upgrade_custom_trainer(document, registry)
    return document


def read_sources(
    solver: SolverLike,
    model: ModelLike | None,
    registry: Registry,
    overrides: Iterable[str],
) -> Sources:
    """Read solver and model and apply ``--set`` strings; what is passed in is not changed.

    Each may be whatever :mod:`mycaffe_py.schema.given` takes.
    """
    schema = registry.schema
    document = solver_document(schema, solver, partial(read_solver, registry=registry))
    base_dir = Path(document.filename).resolve().parent if document.text else Path.cwd()
    nets: list[Document] = []

    def net() -> Any:
        if model is None:
            nets.append(_net_of_solver(document, registry, base_dir))
        else:
            nets.append(net_document(schema, model, partial(load_model, registry=registry)))
        return nets[0].message

    apply_overrides(
        overrides,
        document.message,
        net,
        lambda: upgrade_custom_trainer(document, registry),
        registry,
    )
    param = document.message
    train_only = [name for name in TRAIN_NET_FIELDS if "train" in name and param.HasField(name)]
    return Sources(
        document,
        nets[0],
        base_dir,
        tests=partial(_test_documents, document, registry, base_dir),
        train_only=train_only[0] if train_only and model is None else "",
        weights=_weights_of(document, base_dir),
        prefix=_prefix_of(document),
    )


def _net_of_solver(document: Document, registry: Registry, base_dir: Path) -> Document:
    """Return the train net that the solver file names or contains."""
    param = document.message
    given = [name for name in TRAIN_NET_FIELDS if param.HasField(name)]
    if not given:
        raise ConfigError(
            f"{document.filename} does not name a net",
            hint='give --model FILE (model="FILE" in Python), or write net: "FILE" into the solver file',
        )
    if len(given) > 1:
        message = (
            f"exactly one of {', '.join(TRAIN_NET_FIELDS)} may be given, not {' and '.join(given)}"
        )
        raise PrototxtError([document.problem((given[1],), message)])
    value = getattr(param, given[0])
    if isinstance(value, str):
        return _named_net(document, (given[0],), value, registry, base_dir)
    return document.inner(given[0], 0, value)


def _named_net(
    document: Document, path: tuple[Any, ...], name: str, registry: Registry, base_dir: Path
) -> Document:
    """Read a net named in a solver file: from the current folder, the solver's folder, the shipped models, or above.

    Published solvers name nets from the root of their repository, which is a folder above the solver's.
    """
    with document.locating(*path):
        try:
            found = find_resource("models", _beside(name, base_dir))
        except MissingFileError:
            above = folder_above(name, base_dir) if is_named_file(document) else None
            if above is None:
                raise
            found = above / name
            message = (
                f'"{name}" is neither in the current folder nor beside the solver: {found} is taken'
            )
            python_warning(document.warning(path, message))
        return load_model(found, registry)


def _beside(name: str, base_dir: Path) -> str | Path:
    """Return a relative name as a path beside the solver file if the file exists only there."""
    path = base_dir / name
    return path if not os.path.exists(name) and os.path.exists(path) else name


def _test_documents(document: Document, registry: Registry, base_dir: Path) -> list[Document]:
    """Return the nets of test_net_param, then those of test_net."""
    param = document.message
    inner = [
        document.inner("test_net_param", index, net)
        for index, net in enumerate(param.test_net_param)
    ]
    named = [
        _named_net(document, ("test_net", index), name, registry, base_dir)
        for index, name in enumerate(param.test_net)
    ]
    return inner + named


def _weights_of(document: Document, base_dir: Path) -> list[str | Path]:
    """Return the weights files that the solver names; each field is a comma-separated list."""
    found: list[str | Path] = []
    for index, item in enumerate(document.message.weights):
        whole = _beside(item, base_dir)
        # A file name may contain a comma: split only what is not a file.
        names = [item] if os.path.exists(whole) else split_paths(item)
        found += [_beside(name, base_dir) for name in names]
        for name in names:
            above = folder_above(name, base_dir) if is_named_file(document) else None
            if above is not None and not os.path.exists(_beside(name, base_dir)):
                message = f'"{name}" is not here, but in {above}: run the command in that folder'
                python_warning(document.warning(("weights", index), message))
    return found


def _prefix_of(document: Document) -> Path | None:
    path = Path(document.filename)
    if not is_named_file(document) or path.resolve().parent == resource_path("solvers").resolve():
        return None
    return path.with_suffix("")
