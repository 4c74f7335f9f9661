"""Building a whole training from files: model, solver, device, nets, trainer and gyms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device, check_dtype, chosen_seed, default_device, open_device
from mycaffe_py.errors import ConfigError, PrototxtError
from mycaffe_py.events.caffe_log import log_progress
from mycaffe_py.layer.layer import TEST, TRAIN
from mycaffe_py.net.net import Net
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.resources import find_resource, resource_path
from mycaffe_py.schema import Document, load_net, load_solver
from mycaffe_py.seeding import drawn_seed, named_generator
from mycaffe_py.solver.solver import Solver
from mycaffe_py.trainer import Trainer
from mycaffe_py.weights import check_format, check_writable, split_paths

from .mycaffe_trainer import upgrade_custom_trainer
from .overrides import apply_overrides
from .trainer import build_trainer, fit_model

TRAIN_NET_FIELDS = ("net", "net_param", "train_net", "train_net_param")


@dataclass
class Training:
    """A solver ready to run, and all that it was built from (after upgrades and overrides)."""

    solver: Solver
    net: Net
    trainer: Trainer | None
    registry: Registry
    device: Device
    seed: int
    model: Document
    solver_document: Document
    dtype: np.dtype


@dataclass
class _Sources:
    """The documents of a training and where relative names in the solver file count from."""

    solver: Document
    model: Document
    base_dir: Path
    train_only: str = ""
    """The field that names the train net, if it is for training only."""


def load_model(name: str | Path, registry: Registry | None = None) -> Document:
    """Read a model file: a path, or the name of a shipped model."""
    registry = registry or default_registry()
    return load_net(registry.schema, find_resource("models", name))


def load_solver_file(name: str | Path, registry: Registry | None = None) -> Document:
    """Read a solver file: a path, or the name of a shipped solver; MyCaffe's trainer form is upgraded."""
    registry = registry or default_registry()
    document = load_solver(registry.schema, find_resource("solvers", name))
    upgrade_custom_trainer(document, registry)
    return document


def build_training(
    *,
    solver: str | Path | Document,
    model: str | Path | Document | None = None,
    registry: Registry | None = None,
    device: str | Device | None = None,
    dtype: Any = "float32",
    seed: int | None = None,
    overrides: Sequence[str] = (),
    phase: str = "TRAIN",
    level: int = 0,
    stages: Sequence[str] = (),
    weights: str | Path | Sequence[str | Path] | None = None,
) -> Training:
    """Build nets, solver, trainer and gyms.

    ``model`` takes the place of the net that the solver file names. ``overrides`` are ``--set`` strings.
    ``seed``: None takes the solver's random_seed, or draws one. ``weights`` takes the place of the files that the
    solver names; an empty list loads none. Raises PrototxtError, ConfigError,
    MissingFileError or DeviceError; nothing is written anywhere.
    """
    registry = registry or default_registry()
    dtype = check_dtype(dtype)
    sources = _read_sources(solver, model, registry, overrides)
    param = sources.solver.message
    if seed is None:
        seed = param.random_seed if param.random_seed >= 0 else chosen_seed()
    if seed is None:
        seed = drawn_seed()
    opened = device if isinstance(device, Device) else _open(device)
    opened.seed_generators(seed)
    fit_model(sources.solver, sources.model, registry, sources.base_dir)

    def build_net(document: Document, state: Any) -> Net:
        return Net(document, registry=registry, device=opened, dtype=dtype, state=state)

    net = build_net(
        sources.model, _state(registry, sources.model, param.train_state, phase, level, stages)
    )
    test_nets = _test_nets(sources, registry, build_net)
    with sources.solver.locating("type"):
        cls = registry.solvers.find(param.type)
    with sources.solver.locating():
        built = cls(param, net, test_nets)
    built.snapshot_prefix = _default_prefix(sources.solver)
    _load_weights(built, _weights_of(param, sources.base_dir) if weights is None else weights)
    trainer = build_trainer(built, sources.solver, registry, sources.base_dir, seed)
    return Training(
        built, net, trainer, registry, opened, seed, sources.model, sources.solver, dtype
    )


def _default_prefix(document: Document) -> Path | None:
    """Return the solver file's path without extension; None for a shipped file, whose folder is not the user's."""
    path = Path(document.filename)
    if not document.text or path.resolve().parent == resource_path("solvers").resolve():
        return None
    return path.with_suffix("")


def get_solver(solver: str | Path, model: str | Path | None = None, **options: Any) -> Solver:
    """Return the solver of a solver file, ready for ``step(n)`` and ``solve()``, with its trainer.

    ``options`` are those of :func:`build_training`. Where the ``mycaffe`` logger takes messages of level INFO,
    its progress is logged. Raises OutputError if the settings ask for snapshots where none can be written.
    """
    built = build_training(solver=solver, model=model, **options).solver
    if built.param.snapshot:
        check_format(built.param)
        check_writable(built)
    log_progress(built)
    return built


def _open(device: str | None) -> Device:
    return default_device() if device is None else open_device(device)


def _read_sources(
    solver: str | Path | Document, model: Any, registry: Registry, overrides: Iterable[str]
) -> _Sources:
    overrides = list(overrides)
    document = _copy(solver) if isinstance(solver, Document) else load_solver_file(solver, registry)
    upgrade_custom_trainer(document, registry)
    base_dir = Path(document.filename).resolve().parent if document.text else Path.cwd()
    solver_overrides = [item for item in overrides if item.lstrip().startswith("solver.")]
    apply_overrides(solver_overrides, solver=document.message)
    upgrade_custom_trainer(document, registry)
    if model is None:
        model_document = _net_of_solver(document, registry, base_dir)
    else:
        model_document = (
            _copy(model) if isinstance(model, Document) else load_model(model, registry)
        )
    others = [item for item in overrides if item not in solver_overrides]
    apply_overrides(others, solver=document.message, model=model_document.message)
    param = document.message
    train_only = [name for name in TRAIN_NET_FIELDS if "train" in name and param.HasField(name)]
    return _Sources(
        document, model_document, base_dir, train_only[0] if train_only and model is None else ""
    )


def _copy(document: Document) -> Document:
    """Return a document that may be changed; the caller's stays as it is."""
    message = type(document.message)()
    message.CopyFrom(document.message)
    return replace(document, message=message, nodes=dict(document.nodes))


def _net_of_solver(document: Document, registry: Registry, base_dir: Path) -> Document:
    """Return the train net that the solver file names or holds."""
    param = document.message
    given = [name for name in TRAIN_NET_FIELDS if param.HasField(name)]
    if not given:
        raise ConfigError(
            f"{document.filename} names no net",
            hint='give --model FILE, or write net: "FILE" into the solver file',
        )
    if len(given) > 1:
        message = (
            f"exactly one of {', '.join(TRAIN_NET_FIELDS)} may be given, not {' and '.join(given)}"
        )
        raise PrototxtError([document.problem((given[1],), message)])
    value = getattr(param, given[0])
    if isinstance(value, str):
        return _named_net(document, (given[0],), value, registry, base_dir)
    return _inner(document, given[0], 0, value)


def _inner(document: Document, field: str, index: int, message: Any) -> Document:
    """Return a net written inside the solver file as a document of its own."""
    entries = document.nodes.get(field, [])
    children = entries[index].children if index < len(entries) else None
    return Document(message, document.filename, document.text if children else "", children or {})


def _named_net(
    document: Document, path: tuple, name: str, registry: Registry, base_dir: Path
) -> Document:
    """Read a net named in a solver file: from the current folder, the solver's folder or the shipped ones."""
    with document.locating(*path):
        return load_model(_beside(name, base_dir), registry)


def _beside(name: str, base_dir: Path) -> str | Path:
    """Return a relative name as a path beside the solver file, if only there is such a file."""
    beside = base_dir / name
    return beside if not os.path.exists(name) and os.path.exists(beside) else name


def _state(
    registry: Registry,
    document: Document,
    extra: Any,
    phase: str,
    level: int = 0,
    stages: Sequence[str] = (),
) -> Any:
    """Merge a net's state as Caffe does: the phase, then the net's own state, then the solver's.

    ``level`` and ``stages`` of the command line reach the train net only.
    """
    state = registry.schema.new("NetState")
    number = {"TRAIN": TRAIN, "TEST": TEST}.get(phase.upper())
    if number is None:
        raise ConfigError(f'phase must be TRAIN or TEST, got "{phase}"')
    state.phase = number
    state.MergeFrom(document.message.state)
    state.MergeFrom(extra)
    if level:
        state.level = level
    state.stage.extend(stage for stage in stages if stage)
    return state


def _test_nets(
    sources: _Sources,
    registry: Registry,
    build_net: Callable[[Document, Any], Net],
) -> list[Net]:
    """Build the test nets by Caffe's rules: test_net_param, test_net, then the generic net."""
    document, param = sources.solver, sources.solver.message
    documents = [
        _inner(document, "test_net_param", index, net)
        for index, net in enumerate(param.test_net_param)
    ]
    for index, name in enumerate(param.test_net):
        path = ("test_net", index)
        documents.append(_named_net(document, path, name, registry, sources.base_dir))
    generic = _generic_test_nets(sources, len(documents))
    documents += [sources.model] * generic
    if documents and param.test_interval <= 0:
        message = f"test nets need test_interval > 0, got {param.test_interval}"
        raise PrototxtError([document.problem(("test_interval",), message)])
    states = list(param.test_state)
    if states and len(states) != len(documents):
        message = f"test_state is given {len(states)} times for {len(documents)} test nets"
        raise PrototxtError([document.problem(("test_state",), message)])
    states = states or [registry.schema.new("NetState")] * len(documents)
    return [
        build_net(test, _state(registry, test, state, "TEST"))
        for test, state in zip(documents, states, strict=True)
    ]


def _generic_test_nets(sources: _Sources, own: int) -> int:
    """Return how many test nets are the train net's file, by the number of test_iter."""
    document, param = sources.solver, sources.solver.message
    for index, passes in enumerate(param.test_iter):
        if passes < 1:
            message = f"test_iter must be at least 1, got {passes}"
            raise PrototxtError([document.problem(("test_iter", index), message)])
    generic = len(param.test_iter) - own
    if generic < 0:
        message = f"{own} test nets, but test_iter is given {len(param.test_iter)} times"
        raise PrototxtError([document.problem(("test_iter",), message)])
    if generic and sources.train_only:
        message = f"test_iter is given {len(param.test_iter)} times for {own} test nets"
        hint = f"{sources.train_only} is for training only: add test_net, or write net instead"
        raise PrototxtError([document.problem(("test_iter",), message, hint)])
    return generic


def _load_weights(solver: Solver, weights: str | Path | Sequence[str | Path]) -> None:
    """Load weights into the train net, and into test nets with layers of their own; the rest they share."""
    shared = solver.net.params.keys()
    for net in (solver.net, *(each for each in solver.test_nets if each.params.keys() - shared)):
        net.copy_from(weights)


def _weights_of(param: Any, base_dir: Path) -> list[str | Path]:
    """Return the weights files that the solver names, each field comma separated."""
    whole = [_beside(item, base_dir) for item in param.weights]
    # A file name may hold a comma: split only what is no file.
    return [
        path if os.path.exists(path) else _beside(name, base_dir)
        for item, path in zip(param.weights, whole, strict=True)
        for name in ([item] if os.path.exists(path) else split_paths(item))
    ]


def gym_seed(seed: int, index: int, purpose: str = "train") -> int:
    """Return the seed of gym number ``index`` of a run."""
    return int(named_generator(seed, "gyms", purpose, index).integers(2**31))
