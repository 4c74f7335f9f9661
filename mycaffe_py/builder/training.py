"""Building a training from files: model, solver, device, nets, trainer and gyms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device, check_dtype, chosen_seed, default_device, open_device
from mycaffe_py.errors import ConfigError, PrototxtError
from mycaffe_py.events.caffe_log import log_progress
from mycaffe_py.layer.layer import TRAIN
from mycaffe_py.net.net import Net
from mycaffe_py.plugin_code import noting_plugins
from mycaffe_py.plugins.extending import with_plugins
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.schema.given import ModelLike, SolverLike, solver_document, with_fields
from mycaffe_py.seeding import drawn_seed, gym_seed as gym_seed
from mycaffe_py.showing import one_line, shows
from mycaffe_py.solver.solver import Solver
from mycaffe_py.trainer import Trainer
from mycaffe_py.weights import check_format, check_writable, try_state

from .device_choice import choose_device, is_auto
from .device_trial import Subject
from .idle_settings import warn_of_idle_solver_settings
from .missing_gradients import missing_gradients
from .nets import Weights, load_weights, test_nets, train_net, train_state
from .sources import Sources, read_solver, read_sources
from .trainer import build_trainer, fit_model, fit_solver


@dataclass(repr=False)
class Training:
    """A solver ready to run, and everything it was built from (after upgrades and overrides)."""

    solver: Solver
    net: Net
    trainer: Trainer | None
    registry: Registry
    device: Device
    seed: int
    model: Document
    solver_document: Document
    dtype: np.dtype[Any]

    @shows
    def __repr__(self) -> str:
        return one_line(
            "Training", repr(self.solver), device=self.device.name, dtype=self.dtype, seed=self.seed
        )


@noting_plugins()
def build_training(
    *,
    solver: SolverLike,
    model: ModelLike | None = None,
    registry: Registry | None = None,
    plugins: Any = (),
    device: str | Device | None = None,
    dtype: Any = "float32",
    seed: int | None = None,
    overrides: Sequence[str] = (),
    phase: str = "TRAIN",
    level: int = 0,
    stages: Sequence[str] = (),
    weights: Weights | None = None,
    allow_python: bool | None = None,
) -> Training:
    """Build nets, solver, trainer and gyms.

    ``solver`` is a path, prototxt text, a SolverParameter, a dict of its fields or a Document; ``model`` a path, text,
    a NetParameter, a NetSpec or a Document. File names in a text are relative to the current folder. ``model``
    replaces the net that the solver file names. ``overrides`` are ``--set`` strings.
    ``plugins``: further ones, each a path, a module's name, a module or a class.
    ``device``: a device, ``cpu``, ``gpu``, ``gpu:N``, or ``auto``, the one that is faster for this net.
    ``seed``: None uses the solver's random_seed, or draws one. ``weights`` replaces the files that the
    solver names; an empty list loads none, and a dict has arrays by ``layer/index`` for all weights of the net.
    ``allow_python``: of Python layers, as for ``Net``. Raises PrototxtError, ConfigError, MissingFileError or
    DeviceError; nothing is written.
    """
    registry = with_plugins(plugins, registry)
    numbers = check_dtype(dtype)
    sources = read_sources(solver, model, registry, overrides)
    document, param = sources.solver, sources.solver.message
    seed = _seed_of(param) if seed is None else seed
    opened = None if is_auto(device) else _open(device)
    _fit(sources, registry)
    if opened is None:
        state = train_state(sources, registry, phase, level, stages)
        learning = param if state.phase == TRAIN else None
        opened = choose_device(Subject(sources.model, registry, numbers, state, learning))
    opened.seed_generators(seed)

    how: dict[str, Any] = {"registry": registry, "device": opened, "dtype": numbers}

    def build_net(model: Document, state: Any) -> Net:
        return Net(model, state=state, allow_python=allow_python, **how)

    net = train_net(sources, registry, build_net, phase, level, stages)
    missing = missing_gradients(net) if net.phase == TRAIN else []
    if missing:
        raise PrototxtError(missing)
    tests = test_nets(sources, registry, build_net)
    with document.locating("type"):
        cls = registry.solvers.find(param.type)
    with document.locating():
        built: Solver = cls(param, net, tests)
    warn_of_idle_solver_settings(document, registry)
    built.snapshot_prefix = sources.prefix
    load_weights(net, tests, sources.weights if weights is None else weights)
    trainer = build_trainer(built, document, registry, sources.base_dir, seed)
    return Training(built, net, trainer, registry, opened, seed, sources.model, document, numbers)


def read_resolved(
    *,
    solver: SolverLike,
    model: ModelLike | None = None,
    registry: Registry,
    overrides: Sequence[str] = (),
) -> Sources:
    """Return solver and model as :func:`build_training` builds them, which takes the same arguments; build nothing."""
    sources = read_sources(solver, model, registry, overrides)
    _fit(sources, registry)
    return sources


def _seed_of(param: Any) -> int:
    """Return the solver's seed, or the one chosen for this process, or else draw one."""
    seed = param.random_seed if param.random_seed >= 0 else chosen_seed()
    return drawn_seed() if seed is None else seed


def _fit(sources: Sources, registry: Registry) -> None:
    """Let gym and trainer fill in what model and solver leave to them."""
    for fit in (fit_model, fit_solver):
        fit(sources.solver, sources.model, registry, sources.base_dir)


_OPTIONS = set(signature(build_training).parameters)


def _open(device: str | Device | None) -> Device:
    if isinstance(device, Device):
        return device
    return default_device() if device is None else open_device(device)


def get_solver(
    solver: SolverLike | None = None, model: ModelLike | None = None, **options: Any
) -> Solver:
    """Return the solver of a solver file, ready for ``step(n)`` and ``solve()``, with its trainer.

    ``solver`` and ``model`` are what :func:`build_training` takes, and ``options`` its other options, or fields of
    SolverParameter, which replace those of ``solver``: ``get_solver(net=spec, type="AdamW", base_lr=0.01)`` needs no
    file (without ``lr_policy`` the rate is fixed). ``net`` is another name of ``model``; ``weights`` is the option.

    If the ``mycaffe`` logger is enabled for level INFO, progress is logged. Raises OutputError if the settings
    ask for snapshots where none can be written, and PluginError if a plugin's state cannot be stored in one.
    """
    registry = with_plugins(options.pop("plugins", ()), options.get("registry"))
    options["registry"] = registry
    settings = {name: options.pop(name) for name in list(options) if name not in _OPTIONS}
    net = settings.pop("net", None)
    known = [field.name for field in registry.schema.describe("SolverParameter").fields]
    for name in settings.keys() - set(known):
        raise ConfigError(
            f'get_solver has no option "{name}", and there is no such field in SolverParameter',
            nearest=(name, [*_OPTIONS, *known]),
        )
    if net is not None and model is not None:
        raise ConfigError("the net is given twice, as model and as net")
    if solver is None and not settings:
        raise ConfigError("get_solver needs a solver file, or settings such as type and base_lr")
    schema = registry.schema
    document = solver_document(
        schema, settings if solver is None else solver, partial(read_solver, registry=registry)
    )
    if settings and solver is not None:
        document = with_fields(schema, document, settings)
    given = model if net is None else net
    built = build_training(solver=document, model=given, **options).solver
    if built.param.snapshot:
        check_format(built.param)
        check_writable(built)
        try_state(built)
    log_progress(built)
    return built
