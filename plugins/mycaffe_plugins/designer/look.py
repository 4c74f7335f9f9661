"""What is seen in a text: all that is wrong with it, its fields with their places, a net's graph, a solver's rate."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from mycaffe_py.builder import (
    CheckedText,
    check_net,
    check_solver_text,
    meant_states,
    read_text,
    trainer_properties,
)
from mycaffe_py.drawing import belongs, card_graph, layer_group, layer_summary
from mycaffe_py.errors import ConfigError, Problem
from mycaffe_py.layer import PHASE_NAMES, TEST, TRAIN
from mycaffe_py.net import types_that_run_code
from mycaffe_py.plugins import Registry
from mycaffe_py.schema import Document
from mycaffe_py.solver import fields_in_use, rate_course

KINDS = {"model": "NetParameter", "solver": "SolverParameter"}
PHASES = {"TRAIN": TRAIN, "TEST": TEST, "ALL": None}

_LARGEST_TEXT = 2_000_000
_MOST_LAYERS = 3_000
_MOST_PROBLEMS = 200
_NOT_BUILT = "not built"
_NOT_RUN = (
    "Not built, since that would run code: its shapes are not known. "
    "mycaffe designer --allow-python builds such layers."
)
_OLD_BATCH_NORM = "BatchNorm"


def look(
    kind: str,
    text: str,
    phase: str,
    filename: str,
    registry: Registry,
    *,
    allow_python: bool = False,
) -> dict[str, Any]:
    """Return what the page shows of a model's or solver's text, as JSON values.

    ``phase`` is TRAIN, TEST or ALL, for a model. Relative names of files count from the folder of ``filename`` and the
    current one. Python layers are set up only with ``allow_python``,
    as this process allows it. Raises ConfigError for a text of more than 2 MB.
    """
    if kind not in KINDS or phase not in PHASES:
        raise ConfigError(f'cannot look at a {kind} in phase "{phase}"')
    if len(text.encode("utf-8", "surrogatepass")) > _LARGEST_TEXT:
        raise ConfigError(
            "the text is larger than 2 MB, more than the Designer looks at",
            hint="weights written into the file make it large: save them as .caffemodel instead",
        )
    left_out = () if allow_python else types_that_run_code(registry)
    if kind == "model":
        return _look_at_model(text, phase, filename, registry, left_out)
    return _look_at_solver(text, filename, registry, left_out)


# Both kinds.


def _seen(checked: CheckedText, text: str, filename: str) -> dict[str, Any]:
    """Return what both kinds have in common."""
    document = checked.document
    shift = int(text.startswith("\ufeff"))
    lines = document.layer_lines() if document else []
    return {
        "problems": [
            _problem(each, filename, lines, shift) for each in checked.problems[:_MOST_PROBLEMS]
        ],
        "old_form": _old_form(document),
        "upgrade": _upgrade(document, filename),
        "fields": _fields(document, shift),
        "lines": [list(each) for each in lines],
    }


def _problem(
    problem: Problem, filename: str, lines: list[tuple[int, int, int]], shift: int
) -> dict[str, Any]:
    place = problem.location if problem.location and problem.location.filename == filename else None
    path = list(problem.path) if problem.path and place else None
    index = path[1] if path and path[0] == "layer" and len(path) > 1 else None
    if index is None and place:
        index = next((at for at, first, last in lines if first <= place.line <= last), None)
    return {
        "code": problem.code,
        "message": problem.message,
        "text": problem.text,
        "hint": problem.hint,
        "path": path,
        "layer": problem.layer,
        "index": index if isinstance(index, int) else None,
        "line": place.line if place else None,
        "column": place.column + shift * (place.line == 1) if place else None,
        "length": place.length if place else None,
    }


def _old_form(document: Document | None) -> str | None:
    """Return in words what is old about a file and keeps it from being edited in place."""
    upgrades = document.upgrades if document else []
    return "; ".join(each for each in upgrades if _OLD_BATCH_NORM not in each) or None


def _upgrade(document: Document | None, filename: str) -> str | None:
    if not _old_form(document) or document is None:
        return None
    verb = "upgrade-net" if document.message.DESCRIPTOR.name == "NetParameter" else "upgrade-solver"
    path = Path(filename)
    return shlex.join(["mycaffe", verb, path.name, f"{path.stem}_new{path.suffix}"])


def _fields(document: Document | None, shift: int) -> dict[str, Any]:
    found = document.fields() if document else {}
    return {
        ".".join(map(str, path)): {
            "text": field.text,
            "line": field.line,
            "column": field.column + shift * (field.line == 1),
            "length": field.length,
        }
        for path, field in found.items()
    }


# Models.


def _look_at_model(
    text: str, phase: str, filename: str, registry: Registry, left_out: tuple[str, ...]
) -> dict[str, Any]:
    document, problems = read_text(text, KINDS["model"], filename, registry)
    layers = len(document.message.layer) + len(document.message.layers) if document else 0
    if document is None or layers > _MOST_LAYERS:
        return _without_layers(problems, layers, text, filename)
    number = PHASES[phase]
    if number is None:
        how: dict[str, Any] = {"states": meant_states(document.message)}
    else:
        how = {"phases": [number]}
    checked = check_net(document, registry, problems, left_out=left_out, **how)
    net = checked.document.message if checked.document else document.message
    not_run = [_is_left_out(layer, registry, left_out) for layer in net.layer]
    notes = {index: _NOT_BUILT for index, so in enumerate(not_run) if so}
    graph, not_drawn = _graph(net, checked, number, registry, notes)
    own = [belongs(net, layer, number) for layer in net.layer]
    blobs = (
        blob
        for layer, included in zip(net.layer, own, strict=True)
        for blob in (*layer.bottom, *layer.top)
        if included
    )
    return {
        **_seen(checked, text, filename),
        "net": {"name": net.name, "layers": sum(own), "weights": checked.total_weights},
        "layers": [
            _layer(index, layer, own[index], net, checked, registry)
            | {"note": _NOT_RUN if not_run[index] else None}
            for index, layer in enumerate(net.layer)
        ],
        "blobs": list(dict.fromkeys(blobs)),
        "graph": graph,
        "not_drawn": not_drawn,
    }


def _without_layers(
    problems: list[Problem], layers: int, text: str, filename: str
) -> dict[str, Any]:
    """Return what is seen in a text that cannot be read, or that is too large to check."""
    why = None
    if layers:
        why = f"{layers:,} layers are too many to draw: the most is {_MOST_LAYERS:,}"
        problems = [*problems, Problem(f"{why}, and to check here", code="E200")]
    return {
        **_seen(CheckedText(None, problems), text, filename),
        "net": {"name": "", "layers": layers, "weights": None},
        "layers": [],
        "blobs": [],
        "graph": None,
        "not_drawn": why,
    }


def _graph(
    net: Any,
    checked: CheckedText,
    number: int | None,
    registry: Registry,
    notes: dict[int, str],
) -> tuple[dict[str, Any] | None, str | None]:
    try:
        graph = card_graph(
            net,
            registry,
            phase=number,
            shapes=checked.shapes,
            weights=checked.weights,
            notes=notes,
        )
    except ConfigError as error:
        return None, error.message
    return graph.as_json(), None


def _is_left_out(layer: Any, registry: Registry, left_out: tuple[str, ...]) -> bool:
    return layer.type in registry.layers and registry.layers.find(layer.type).type in left_out


def _layer(
    index: int,
    layer: Any,
    included: bool,
    net: Any,
    checked: CheckedText,
    registry: Registry,
) -> dict[str, Any]:
    cls = registry.layers.find(layer.type) if layer.type in registry.layers else None
    phases = [phase for phase in (TRAIN, TEST) if belongs(net, layer, phase)]
    return {
        "index": index,
        "name": layer.name,
        "type": layer.type,
        "group": layer_group(cls) if cls else "other",
        "plugin": registry.layers.owner(cls) if cls else "",
        "included": included,
        "phase": PHASE_NAMES[phases[0]] if len(phases) == 1 else None,
        "bottoms": list(layer.bottom),
        "tops": [{"blob": top, "shape": _shape(checked, index, top)} for top in layer.top],
        "weights": checked.weights.get(index),
        "loss": bool(cls and cls.is_loss) or any(layer.loss_weight),
        "summary": layer_summary(layer),
    }


def _shape(checked: CheckedText, index: int, top: str) -> list[int] | None:
    shape = checked.shapes.get((index, top))
    return None if shape is None else list(shape)


# Solvers.


def _look_at_solver(
    text: str, filename: str, registry: Registry, left_out: tuple[str, ...]
) -> dict[str, Any]:
    checked = check_solver_text(text, filename, registry, left_out=left_out)
    document = checked.document
    message = document.message if document else registry.schema.new(KINDS["solver"])
    course = rate_course(message, registry=registry) if document else None
    known = message.type in registry.solvers
    return {
        **_seen(checked, text, filename),
        "type": registry.solvers.find(message.type).type if known else message.type,
        "uses": fields_in_use(registry, message),
        "trainer": _trainer(message, registry),
        "rate": None if course is None else {"iteration": course[0], "lr": course[1]},
    }


def _trainer(solver: Any, registry: Registry) -> dict[str, Any]:
    """Return the trainer in either of its forms: a block, or MyCaffe's properties."""
    properties = trainer_properties(solver, registry)
    if solver.custom_trainer or solver.custom_trainer_properties:
        values = {each.key: each.value for each in properties}
        form = "properties"
        kind, gym = values.get("TrainerType", solver.custom_trainer), values.get("Gym", "")
    else:
        form = "block" if solver.HasField("trainer") else ""
        kind, gym = solver.trainer.type, solver.trainer.gym.type
    return {
        "form": form or None,
        "type": _spelt(registry.trainers, kind),
        "gym": _spelt(registry.gyms, gym),
        "properties": [
            {"key": each.key, "value": each.value, "path": each.path} for each in properties
        ],
    }


def _spelt(catalog: Any, name: str) -> str | None:
    """Return a type's usual spelling, the name itself if no plugin has it, or None without one."""
    if not name:
        return None
    return str(catalog.find(name).type) if name in catalog else name
