"""Checks of model and solver files without training, for ``mycaffe check``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mycaffe_py.device.device import Device
from mycaffe_py.errors import MissingFileError, MyCaffeError, Problem, PrototxtError
from mycaffe_py.layer.layer import python_warning
from mycaffe_py.net.net import Net
from mycaffe_py.net.topology import MAX_PROBLEMS
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.resources import find_resource
from mycaffe_py.schema import Document, load_solver
from mycaffe_py.schema.kinds import kind_of_text
from mycaffe_py.schema.prototxt.files import read_text_file
from mycaffe_py.weights import check_prefix

from .idle_settings import warn_of_idle_solver_settings
from .missing_gradients import missing_gradients
from .needed_settings import warn_of_missing_settings
from .observers import check_observers
from .recovery import problems_of_sound_layers
from .sources import TRAIN_NET_FIELDS, load_model, load_solver_file
from .sparing import SparingRegistry
from .trainer import check_trainer, fits_solver
from .training import build_training
from .unbuilt import Unbuilt, check_solver_without_code, check_without_code, has_refusal


def check_files(paths: Sequence[str | Path], registry: Registry | None = None) -> list[Problem]:
    """Return every mistake in model and solver files, building each net; an empty list if there is none."""
    registry = registry or default_registry()
    problems: list[Problem] = []
    for path in paths:
        try:
            check_file(path, registry)
        except MyCaffeError as error:
            problems += error.problems
    return problems


def check_file(
    path: str | Path, registry: Registry, *, built: bool = False
) -> Net | Document | Unbuilt:
    """Build the net of a model file, or read a solver file and its net; raise any mistakes.

    Returns the net, or the solver's document if it does not name a net; what is known without the layers that may not
    be built, if there are any. ``built``: such layers are a mistake, and large blobs of the net have values.
    """
    if not os.path.exists(path):
        with suppress(MissingFileError):
            path = find_resource("solvers", path)
        path = find_resource("models", path)
    is_solver = _is_solver_file(path, registry)
    try:
        return _built(path, registry, is_solver, registry if built else SparingRegistry(registry))
    except MyCaffeError as error:
        if built or not has_refusal(error):
            raise
    if is_solver:
        unbuilt = check_solver_without_code(load_solver(registry.schema, path), registry)
        for text in unbuilt.checked.warnings:
            python_warning(text)
        return unbuilt
    # The warnings were given when the net was tried.
    return check_without_code(load_model(path, registry), registry)


def _built(path: str | Path, registry: Registry, is_solver: bool, sparing: Any) -> Net | Document:
    """Build what a file describes; ``sparing`` is the registry for its nets."""
    if not is_solver:
        document = _with_all_mistakes(lambda: load_model(path, registry), registry)
        net = Net(document, registry=sparing, device=Device())
        for problem in missing_gradients(net):  # a warning: the net can still be tested
            python_warning(problem.as_warning())
        return net
    document = load_solver_file(path, registry)
    check_observers(document, registry)
    param = document.message
    if any(param.HasField(name) for name in TRAIN_NET_FIELDS):
        training = _with_all_mistakes(
            lambda: build_training(solver=document, registry=sparing, device=Device(), seed=0),
            registry,
            param.train_state,
        )
        if training.trainer is not None:
            training.trainer.close()
        with training.solver_document.locating():
            check_prefix(training.solver)
        warn_of_missing_settings(training.solver_document)
        return training.net
    with document.locating("type"):
        cls = registry.solvers.find(param.type)
    if not fits_solver(document, registry):  # else only a training has all settings
        with document.locating():
            cls.check_settings(param, registry)
    warn_of_idle_solver_settings(document, registry)
    check_trainer(document, registry)
    return document


def _with_all_mistakes(action: Callable[[], Any], registry: Registry, state: Any = None) -> Any:
    """Run ``action``; if a net's text has mistakes, raise them together with those of its valid layers."""
    try:
        return action()
    except PrototxtError as error:
        document = error.document
        if document is None or document.message.DESCRIPTOR.name != "NetParameter":
            raise
        further = problems_of_sound_layers(document, error.problems, registry, state)
        problems = sorted([*error.problems, *further], key=_place)
        raise PrototxtError(list(dict.fromkeys(problems))[:MAX_PROBLEMS], document) from error


def _place(problem: Problem) -> tuple[int, int]:
    place = problem.location
    return (place.line, place.column) if place else (0, 0)


def _is_solver_file(path: str | Path, registry: Registry) -> bool:
    """Whether the top-level fields are those of a solver rather than of a net."""
    return kind_of_text(registry.schema, read_text_file(path)) == "SolverParameter"
