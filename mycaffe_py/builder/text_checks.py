"""Checks of texts that need not be files: everything that is wrong with a net or solver, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device
from mycaffe_py.errors import Problem, PrototxtError
from mycaffe_py.layer.layer import TRAIN, LayerContext
from mycaffe_py.net.builder import NetBuilder
from mycaffe_py.net.built_net import BuiltNet
from mycaffe_py.net.known_shapes import shapes_of
from mycaffe_py.net.topology import MAX_PROBLEMS, FieldMistakes
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.schema.kinds import parse_kind
from mycaffe_py.schema.upgrade.loading import warnings_about

from .recovery import upgraded_with_mistakes
from .sparing import SparingRegistry


@dataclass
class CheckedText:
    """What a check found in a text.

    ``document`` is what could be read, in the current format; None if brackets or quotes are out of order. Of a net,
    also what is known of the layers that could be set up: ``shapes``, (position, top) -> shape, and the number
    of weights of each by position, and of the whole net if it is complete; weights that layers share count once.
    """

    document: Document | None
    problems: list[Problem] = field(default_factory=list)
    shapes: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    """What looks wrong, but can be done, with its place."""
    total_weights: int | None = None


def read_text(
    text: str, message_name: str, filename: str, registry: Registry
) -> tuple[Document | None, list[Problem]]:
    """Parse a text as ``NetParameter`` or ``SolverParameter``; return what could be read, and the mistakes."""
    try:
        return parse_kind(registry.schema, text, filename, message_name), []
    except PrototxtError as error:
        document: Document | None = error.document
        if document is not None and document.message.DESCRIPTOR.name != message_name:
            document = None
        return document, list(error.problems)


def check_net_text(
    text: str,
    filename: str,
    registry: Registry,
    *,
    phases: Sequence[int] = (TRAIN,),
    left_out: Iterable[str] = (),
) -> CheckedText:
    """Check a net's text in one or more phases; relative names of files count from the folder of ``filename``.

    No weights are filled in. Layers of the types ``left_out`` are not set up, nor what depends on them; the rest of the
    net is checked. What a layer of a plugin raises that is no MyCaffeError becomes a problem, too.
    """
    document, problems = read_text(text, "NetParameter", filename, registry)
    if document is None:
        return CheckedText(None, problems[:MAX_PROBLEMS])
    return check_net(document, registry, problems, phases=phases, left_out=left_out)


def check_net(
    document: Document,
    registry: Registry,
    problems: Sequence[Problem] = (),
    *,
    phases: Sequence[int] = (TRAIN,),
    states: Sequence[Any] = (),
    left_out: Iterable[str] = (),
) -> CheckedText:
    """Check a net like :func:`check_net_text`; ``document`` is what could be read in spite of the ``problems``.

    ``states``: NetStates to check it in, instead of the phases.
    """
    refused, mistakes = upgraded_with_mistakes(document, problems)
    checked = CheckedText(document, [*problems, *refused])
    checked.warnings += warnings_about(document)
    if mistakes is None:
        return checked
    mistakes, skipped = _without(document, mistakes, left_out, registry)
    for phase, state in [(one.phase, one) for one in states] or [(one, None) for one in phases]:
        complete = not (skipped or checked.problems)
        _check_state(checked, mistakes, registry, phase, state, complete)
    found = sorted(dict.fromkeys(checked.problems), key=_place)
    checked.problems = found[:MAX_PROBLEMS]
    checked.warnings = list(dict.fromkeys(checked.warnings))
    return checked


def _without(
    document: Document, mistakes: FieldMistakes, left_out: Iterable[str], registry: Registry
) -> tuple[FieldMistakes, bool]:
    """Return the mistakes with the layers of types that are left out, and whether there are any."""
    classes = {registry.layers.find(name) for name in left_out if name in registry.layers}
    skipped = {
        index: layer
        for index, layer in enumerate(document.message.layer)
        if layer.type in registry.layers and registry.layers.find(layer.type) in classes
    }
    tops = {top for layer in skipped.values() for top in layer.top}
    merged = FieldMistakes(
        mistakes.layers | set(skipped), mistakes.names | tops, mistakes.elsewhere
    )
    return merged, bool(skipped)


def _check_state(
    checked: CheckedText,
    mistakes: FieldMistakes,
    registry: Registry,
    phase: int,
    state: Any,
    complete: bool,
) -> None:
    """Set up the layers of a state, or of a phase, and add what is found to ``checked``."""
    document = checked.document
    assert document is not None
    stand_in: Any = SparingRegistry(registry)
    context = LayerContext(stand_in, Device(), phase=phase, warn=checked.warnings.append)
    builder = NetBuilder(document, context, 0, (), state, mistakes)
    try:
        with np.errstate(all="ignore"):
            found = builder.check()
    except Exception as error:  # whatever a plugin's layer raises
        found = [*builder.problems.in_order(), _of_plugin(error)]
    built = builder.built
    for layer in built.layers:
        with suppress(Exception):
            layer.close()
    checked.problems += found
    checked.shapes = shapes_of(built) | checked.shapes
    checked.weights = _weights_of(built) | checked.weights
    if complete and not found and checked.total_weights is None:
        checked.total_weights = sum(owner.blob.count for owner in builder.parameters.owners)


def _of_plugin(error: Exception) -> Problem:
    where = "; ".join(getattr(error, "__notes__", ()))
    message = f"{type(error).__name__}: {error}"
    return Problem(f"{where}: {message}" if where else message, code="E120")


def _weights_of(built: BuiltNet) -> dict[int, int]:
    counts = {}
    for index, layer in zip(built.positions, built.layers, strict=False):
        if index is not None and layer.blobs:
            counts[index] = sum(blob.count for blob in layer.blobs)
    return counts


def _place(problem: Problem) -> tuple[int, int]:
    place = problem.location
    return (place.line, place.column) if place else (0, 0)
