"""Checks of a solver's text: its settings, its trainer and gym, and the nets that it names."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mycaffe_py.device.device import Device
from mycaffe_py.errors import MyCaffeError, MyCaffeWarning, Problem
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document, upgrade_solver
from mycaffe_py.schema.upgrade.loading import warnings_about

from .idle_settings import warn_of_idle_solver_settings
from .mycaffe_trainer import upgrade_custom_trainer
from .needed_settings import warn_of_missing_settings
from .observers import check_observers
from .sources import TRAIN_NET_FIELDS, read_sources
from .sparing import SparingRegistry
from .text_checks import CheckedText, check_net, read_text
from .trainer import check_trainer, fit_model, fit_solver, fits_solver
from .training import build_training

_MOST_WEIGHTS = 20_000_000
"""Of larger nets, the solver and trainer are not built: it takes several times the memory of the weights."""


def check_solver_text(
    text: str, filename: str, registry: Registry, *, left_out: Iterable[str] = ()
) -> CheckedText:
    """Check a solver's text, its trainer and gym, and how they fit the net that it names.

    Relative names of files count from the current folder and that of ``filename``. Problems in other files are named
    with their file. Weights that the solver names are not loaded. ``left_out``: as for :func:`check_net_text`.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        checked = _check(text, filename, registry, left_out)
    for each in caught:
        if issubclass(each.category, MyCaffeWarning):
            checked.warnings.append(str(each.message))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    checked.warnings = list(dict.fromkeys(checked.warnings))
    return checked


def _check(text: str, filename: str, registry: Registry, left_out: Iterable[str]) -> CheckedText:
    document, problems = read_text(text, "SolverParameter", filename, registry)
    if document is None or problems:
        return CheckedText(document, problems)
    checked = CheckedText(document, upgrade_solver(document))
    checked.warnings += warnings_about(document)
    if not checked.problems:
        whole = document.copy()
        checked.problems += _problems_in(lambda: upgrade_custom_trainer(whole, registry), filename)
        settings = _as_trained(whole, registry)
        if settings is not None:
            checked.problems += _problems_in(lambda: _check_settings(settings, registry), filename)
        checked.problems += _problems_in(lambda: check_observers(whole, registry), filename)
        if not checked.problems:
            warn_of_idle_solver_settings(whole, registry)
            if settings is not None and _names_net(whole):
                warn_of_missing_settings(settings)
            checked.problems += _problems_in(lambda: check_trainer(whole, registry), filename)
        if not checked.problems and _names_net(whole):
            checked.problems += _problems_of_nets(document, filename, registry, left_out)
    return checked


def _problems_in(action: Callable[[], Any], filename: str) -> list[Problem]:
    """Return the problems that an action raises; those in other files are preceded by their file's name."""
    try:
        action()
    except MyCaffeError as error:
        return [_seen_from(filename, problem) for problem in error.problems]
    return []


def _seen_from(filename: str, problem: Problem) -> Problem:
    place = problem.location
    if place is None or place.filename == filename:
        return problem
    message = f"{Path(place.filename).name}, line {place.line}: {problem.message}"
    return replace(problem, message=message, text=message, path=None, location=None)


def _names_net(document: Document) -> bool:
    return any(map(document.message.HasField, TRAIN_NET_FIELDS))


def _as_trained(document: Document, registry: Registry) -> Document | None:
    """Return a solver with the settings that its trainer fills in; None if they are not known without a sound net."""
    if not fits_solver(document, registry):
        return document
    if not _names_net(document):
        return None
    try:
        sources = read_sources(document, None, registry, ())
        for fit in (fit_model, fit_solver):
            fit(sources.solver, sources.model, registry, sources.base_dir)
    except MyCaffeError:  # the checks of net and trainer say more about it
        return None
    return sources.solver


def _check_settings(document: Document, registry: Registry) -> None:
    with document.locating("type"):
        cls = registry.solvers.find(document.message.type)
    with document.locating():
        cls.check_settings(document.message, registry)


def _problems_of_nets(
    document: Document, filename: str, registry: Registry, left_out: Iterable[str]
) -> list[Problem]:
    """Check the net that a sound solver names; if it is sound and not very large, build all that a training needs."""
    found: list[CheckedText] = []

    def check_model() -> None:
        sources = read_sources(document, None, registry, ())
        found.append(check_net(sources.model, registry, left_out=left_out))

    problems = _problems_in(check_model, filename)
    problems += [_seen_from(filename, problem) for each in found for problem in each.problems]
    weights = found[0].total_weights if found else None
    if problems or weights is None or weights > _MOST_WEIGHTS:
        return problems
    return _problems_in(lambda: _build(document, registry), filename)


def _build(document: Document, registry: Registry) -> None:
    stand_in: Any = SparingRegistry(registry)
    training = build_training(
        solver=document, registry=stand_in, device=Device(), seed=0, weights=[]
    )
    if training.trainer is not None:
        training.trainer.close()
    for net in (training.net, *training.solver.test_nets):
        for layer in net.device_layers:
            layer.close()
