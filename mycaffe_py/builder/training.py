"""Building a training from files: model, solver, device, nets, trainer and gyms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device, check_dtype, chosen_seed, default_device, open_device
from mycaffe_py.events.caffe_log import log_progress
from mycaffe_py.net.net import Net
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.schema import Document
from mycaffe_py.seeding import drawn_seed, gym_seed as gym_seed
from mycaffe_py.solver.solver import Solver
from mycaffe_py.trainer import Trainer
from mycaffe_py.weights import check_format, check_writable

from .nets import load_weights, test_nets, train_net
from .sources import read_sources
from .trainer import build_trainer, fit_model


@dataclass
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

    ``model`` replaces the net that the solver file names. ``overrides`` are ``--set`` strings.
    ``seed``: None uses the solver's random_seed, or draws one. ``weights`` replaces the files that the
    solver names; an empty list loads none. Raises PrototxtError, ConfigError,
    MissingFileError or DeviceError; nothing is written.
    """
    registry = registry or default_registry()
    numbers = check_dtype(dtype)
    sources = read_sources(solver, model, registry, overrides)
    document, param = sources.solver, sources.solver.message
    if seed is None:
        seed = param.random_seed if param.random_seed >= 0 else chosen_seed()
    if seed is None:
        seed = drawn_seed()
    opened = device if isinstance(device, Device) else _open(device)
    opened.seed_generators(seed)
    fit_model(document, sources.model, registry, sources.base_dir)

    def build_net(model: Document, state: Any) -> Net:
        return Net(model, registry=registry, device=opened, dtype=numbers, state=state)

    net = train_net(sources, registry, build_net, phase, level, stages)
    tests = test_nets(sources, registry, build_net)
    with document.locating("type"):
        cls = registry.solvers.find(param.type)
    with document.locating():
        built: Solver = cls(param, net, tests)
    built.snapshot_prefix = sources.prefix
    load_weights(net, tests, sources.weights if weights is None else weights)
    trainer = build_trainer(built, document, registry, sources.base_dir, seed)
    return Training(built, net, trainer, registry, opened, seed, sources.model, document, numbers)


def _open(device: str | None) -> Device:
    return default_device() if device is None else open_device(device)


def get_solver(
    solver: str | Path | Document, model: str | Path | Document | None = None, **options: Any
) -> Solver:
    """Return the solver of a solver file, ready for ``step(n)`` and ``solve()``, with its trainer.

    ``options`` are those of :func:`build_training`. If the ``mycaffe`` logger is enabled for level INFO,
    progress is logged. Raises OutputError if the settings ask for snapshots where none can be written.
    """
    built = build_training(solver=solver, model=model, **options).solver
    if built.param.snapshot:
        check_format(built.param)
        check_writable(built)
    log_progress(built)
    return built
