"""Building a whole training from files: model, solver, device, nets, trainer and gyms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .custom_trainer import upgrade_custom_trainer
from .device import Device, default_device, open_device
from .errors import ConfigError, PrototxtError
from .layer import TEST, TRAIN
from .net import Net
from .overrides import apply_overrides
from .plugins import Registry, default_registry
from .resources import find_resource
from .schema import Document, load_net, load_solver
from .seeding import named_generator
from .solver import Solver
from .trainer import Trainer

TRAIN_NET_FIELDS = ("net", "net_param", "train_net", "train_net_param")
DTYPES = ("float32", "float64")


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


def check_dtype(dtype: Any) -> np.dtype:
    """Return ``dtype`` as float32 or float64, or raise ConfigError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in DTYPES:
        raise ConfigError(f"dtype must be float32 or float64, got {dtype}")
    return found


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
    weights: Sequence[str | Path] = (),
) -> Training:
    """Build nets, solver, trainer and gyms.

    ``model`` takes the place of the net that the solver file names. ``overrides`` are ``--set`` strings.
    ``seed``: None takes the solver's random_seed, or draws one. Raises PrototxtError, ConfigError,
    MissingFileError or DeviceError; nothing is written anywhere.
    """
    registry = registry or default_registry()
    dtype = check_dtype(dtype)
    sources = _read_sources(solver, model, registry, overrides)
    param = sources.solver.message
    if seed is None:
        seed = param.random_seed if param.random_seed >= 0 else int(np.random.SeedSequence().entropy % 2**31)
    opened = device if isinstance(device, Device) else _open(device)
    opened.seed_generators(seed)

    def build_net(document: Document, state: Any) -> Net:
        return Net(document, registry=registry, device=opened, dtype=dtype, state=state)

    net = build_net(sources.model, _state(registry, sources.model, param.train_state, phase, level, stages))
    test_nets = _test_nets(sources, registry, build_net, level, stages)
    cls = located(sources.solver, "type", lambda: registry.solvers.find(param.type))
    built = located(sources.solver, "", lambda: cls(param, net, test_nets))
    for path in [*_weights_of(param), *weights]:
        net.copy_from(path)
    trainer = build_trainer(built, sources.solver, registry, sources.base_dir, seed)
    return Training(
        built, net, trainer, registry, opened, seed, sources.model, sources.solver, dtype
    )


def get_solver(solver: str | Path, model: str | Path | None = None, **options: Any) -> Solver:
    """Return the solver of a solver file, ready for ``step(n)`` and ``solve()``, with its trainer.

    ``options`` are those of :func:`build_training`.
    """
    return build_training(solver=solver, model=model, **options).solver


def build_trainer(
    solver: Solver, document: Document, registry: Registry, base_dir: Path, seed: int
) -> Trainer | None:
    """Return the trainer that the solver file asks for, attached to the solver, or None."""
    param = document.message.trainer
    if not document.message.HasField("trainer"):
        return None
    path = ("trainer", "type")
    if not param.type:
        message = "trainer { } does not say which trainer: type is missing"
        hint = f"types: {', '.join(registry.trainers.types())}"
        raise PrototxtError([document.problem(("trainer",), message, hint)])
    try:
        cls = registry.trainers.find(param.type)
        path = ("trainer", "gym", "type")
        registry.gyms.find(param.gym.type)
        path = ("trainer",)
        solver.trainer = cls(solver, param, base_dir=base_dir, seed=seed)
    except ConfigError as error:
        if error.location or isinstance(error, PrototxtError):
            raise
        found = document.problem(deeper(path, error), error.message, error.hint, error.code)
        raise PrototxtError([found]) from error
    return solver.trainer


def deeper(path: tuple, error: ConfigError) -> tuple:
    """Return the path of the setting that an error of a gym or trainer names, as ``curve_param.noise``."""
    for word in error.message.replace(":", " ").replace(",", " ").split():
        head, dot, field = word.partition(".")
        if dot and head.endswith("_param") and field.isidentifier():
            return ("trainer", "gym", head, field)
    return path


def located(document: Document, field: str, action: Callable[[], Any]) -> Any:
    """Run ``action``; a ConfigError without a place gets the one of a solver setting it names."""
    try:
        return action()
    except PrototxtError:
        raise
    except ConfigError as error:
        known = document.message.DESCRIPTOR.fields_by_name
        words = error.message.replace(":", " ").replace(",", " ").split()
        name = field or next((word for word in words if word in known), "")
        path = (name,) if name else ()
        raise PrototxtError([document.problem(path, error.message, error.hint, error.code)]) from error


def _open(device: str | None) -> Device:
    return default_device() if device is None else open_device(device)


def _read_sources(
    solver: str | Path | Document, model: Any, registry: Registry, overrides: Iterable[str]
) -> _Sources:
    overrides = list(overrides)
    document = solver if isinstance(solver, Document) else load_solver_file(solver, registry)
    base_dir = Path(document.filename).resolve().parent if document.text else Path.cwd()
    solver_overrides = [item for item in overrides if item.startswith("solver.")]
    apply_overrides(solver_overrides, solver=document.message)
    if model is None:
        model_document = _net_of_solver(document, registry, base_dir)
    else:
        model_document = model if isinstance(model, Document) else load_model(model, registry)
    others = [item for item in overrides if not item.startswith("solver.")]
    apply_overrides(others, solver=document.message, model=model_document.message)
    return _Sources(document, model_document, base_dir)


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
        message = f"exactly one of {', '.join(TRAIN_NET_FIELDS)} may be given, not {' and '.join(given)}"
        raise PrototxtError([document.problem((given[1],), message)])
    value = getattr(param, given[0])
    if isinstance(value, str):
        return _named_net(value, registry, base_dir)
    return Document(value, document.filename)


def _named_net(name: str, registry: Registry, base_dir: Path) -> Document:
    """Read a net named in a solver file: from the current folder, the solver's folder or the shipped ones."""
    beside = base_dir / name
    return load_model(beside if not Path(name).exists() and beside.exists() else name, registry)


def _state(
    registry: Registry, document: Document, extra: Any, phase: str, level: int, stages: Sequence[str]
) -> Any:
    """Merge a net's state as Caffe does: the phase, then the net's own state, then the solver's."""
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
    level: int,
    stages: Sequence[str],
) -> list[Net]:
    """Build the test nets by Caffe's rules: test_net_param, test_net, then the generic net."""
    document, param = sources.solver, sources.solver.message
    documents = [Document(net, document.filename) for net in param.test_net_param]
    documents += [_named_net(name, registry, sources.base_dir) for name in param.test_net]
    generic = len(param.test_iter) - len(documents)
    if generic < 0:
        message = f"{len(documents)} test nets, but test_iter is given {len(param.test_iter)} times"
        raise PrototxtError([document.problem(("test_iter",), message)])
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
        build_net(test, _state(registry, test, state, "TEST", level, stages))
        for test, state in zip(documents, states, strict=True)
    ]


def _weights_of(param: Any) -> list[str]:
    """Return the weights files that the solver names, each field comma separated."""
    return [name.strip() for item in param.weights for name in item.split(",") if name.strip()]


def gym_seed(seed: int, index: int, purpose: str = "train") -> int:
    """Return the seed of gym number ``index`` of a run."""
    return int(named_generator(seed, "gyms", purpose, index).integers(2**31))
