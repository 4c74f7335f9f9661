"""Checks of model and solver files without training, for ``mycaffe check``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mycaffe_py.device.device import Device
from mycaffe_py.errors import MissingFileError, MyCaffeError, Problem, PrototxtError
from mycaffe_py.layer.layer import PHASE_NAMES, python_warning
from mycaffe_py.net.net import Net
from mycaffe_py.net.topology import MAX_PROBLEMS
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.resources import find_resource
from mycaffe_py.schema import Document, load_solver
from mycaffe_py.schema.kinds import kind_of_text
from mycaffe_py.schema.prototxt.files import read_text_file
from mycaffe_py.weights import check_prefix

from .idle_settings import warn_of_idle_solver_settings
from .label_maps import checked_label_map, is_label_map
from .missing_gradients import missing_gradients
from .needed_settings import warn_of_missing_settings
from .observers import check_observers
from .recovery import problems_of_sound_layers
from .sources import TRAIN_NET_FIELDS, load_model, load_solver_file
from .sparing import SparingRegistry
from .state_checks import check_in_states, tell_states, unheard
from .states import WantedState, meant_states
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
    path: str | Path,
    registry: Registry,
    *,
    built: bool = False,
    wanted: WantedState | None = None,
    say: Callable[[str], None] = unheard,
) -> Net | Document | Unbuilt:
    """Build the net of a model file, or read a solver file and its net; raise any mistakes.

    A model is checked in every state that it is meant for (:mod:`mycaffe_py.builder.states`), or that is ``wanted``; a
    solver's nets in theirs, ``wanted`` added to the train net's. ``say`` is told the states, and of states that are
    not meant. Returns the net in its first state; the document of a label map, or of a solver that does not name a
    net; what is known without the layers that may not be built, if there are any. ``built``: such layers are a
    mistake, and large blobs of the net have values.
    """
    if not os.path.exists(path):
        with suppress(MissingFileError):
            path = find_resource("solvers", path)
        path = find_resource("models", path)
    text = read_text_file(path)
    if is_label_map(text, registry):
        return checked_label_map(path, registry)
    is_solver = kind_of_text(registry.schema, text) == "SolverParameter"
    try:
        sparing = registry if built else SparingRegistry(registry)
        if is_solver:
            return _built_solver(path, registry, sparing, wanted or WantedState())
        return _built_net(path, registry, sparing, wanted, say)
    except MyCaffeError as error:
        if built or not has_refusal(error):
            raise
    if is_solver:
        unbuilt = check_solver_without_code(load_solver(registry.schema, path), registry)
        for text in unbuilt.checked.warnings:
            python_warning(text)
        return unbuilt
    # The warnings were given when the net was tried.
    return check_without_code(load_model(path, registry), registry, wanted, say)


def _built_net(
    path: str | Path,
    registry: Registry,
    sparing: Any,
    wanted: WantedState | None,
    say: Callable[[str], None],
) -> Net:
    """Build a model in each of its states; ``sparing`` is the registry for its nets."""
    document = _with_all_mistakes(lambda: load_model(path, registry), registry)

    def check(state: Any) -> Net:
        net = Net(document, registry=sparing, device=Device(), state=state)
        for problem in missing_gradients(net):  # a warning: the net can still be tested
            python_warning(problem.as_warning())
        return net

    found = check_in_states(document, check, wanted)
    tell_states(found, say)
    net: Net = found.first
    return net


def _built_solver(
    path: str | Path, registry: Registry, sparing: Any, wanted: WantedState
) -> Net | Document:
    """Read a solver file, and build what it describes, with the nets that it names."""
    document = load_solver_file(path, registry)
    check_observers(document, registry)
    param = document.message
    if any(param.HasField(name) for name in TRAIN_NET_FIELDS):
        training = _with_all_mistakes(
            lambda: build_training(
                solver=document,
                registry=sparing,
                device=Device(),
                seed=0,
                phase=PHASE_NAMES[wanted.phase or 0],
                level=wanted.level or 0,
                stages=wanted.stages,
            ),
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
        if state is None:
            state = meant_states(document.message)[0]
        further = problems_of_sound_layers(document, error.problems, registry, state)
        problems = sorted([*error.problems, *further], key=_place)
        raise PrototxtError(list(dict.fromkeys(problems))[:MAX_PROBLEMS], document) from error


def _place(problem: Problem) -> tuple[int, int]:
    place = problem.location
    return (place.line, place.column) if place else (0, 0)
