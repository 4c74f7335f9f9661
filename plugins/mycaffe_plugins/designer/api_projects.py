"""Answers about the Designer itself, its projects, and what new ones can be made of."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from mycaffe_py.builder import load_model, load_solver_file
from mycaffe_py.errors import MyCaffeError
from mycaffe_py.projects import (
    Project,
    ProjectError,
    create_project,
    preview,
    project_card,
    templates,
)

from .calls import Answer, Call, described
from .faults import Fault

_LONGEST_TEXT = 4096


def about(call: Call) -> dict[str, Any]:
    """GET /api/about."""
    return call.desk.about()


def project_list(call: Call) -> dict[str, Any]:
    """GET /api/projects."""
    desk = call.desk
    cards = []
    for one in desk.folders.listed():
        card = project_card(one, desk.registry)
        if one.project is not None:
            card |= _state(call, one.project, card)
        cards.append(card)
    return {"projects": cards}


def _state(call: Call, project: Project, card: dict[str, Any]) -> dict[str, Any]:
    """Return the state to show: of a training that is only starting, the core's list does not know."""
    if card["state"] == "running":
        return {}
    going = [one for one in call.desk.runs.summaries(project) if one["state"] == "starting"]
    return {"state": "running"} if going else {}


def new_project(call: Call) -> Answer:
    """POST /api/projects."""
    desk = call.desk
    if desk.folders.single is not None:
        raise Fault(
            409,
            f"{desk.folders.single} is a project itself; there are no projects in it",
            "start mycaffe designer in the folder above",
        )
    gym, settings = _gym(call)
    database = call.mapping("database", None) or {}
    if not isinstance(database.get("path", ""), str):
        raise Fault(400, '"database" must hold a path')
    try:
        project = create_project(
            desk.folders.root,
            call.text("name"),
            gym=gym,
            settings=settings,
            model=call.text("model"),
            solver=call.text("solver"),
            database=database.get("path") or None,
            registry=desk.registry,
            base_dir=desk.folders.root,
            inside=desk.folders.root,
        )
    except MyCaffeError as error:
        return _faults(error)
    desk.streams.runs.hurry = True
    url = f"/p/{quote(project.name, safe='')}"
    return Answer({"name": project.name, "url": url, "remarks": list(project.remarks)}, 201)


def template_list(call: Call) -> dict[str, Any]:
    """GET /api/templates."""
    return templates(call.desk.registry).as_json()


def template_preview(call: Call) -> Any:
    """POST /api/templates/preview; settings of a project's gym are those relative to its folder."""
    gym, settings = _gym(call)
    if gym is None:
        raise Fault(400, '"gym" is missing')
    folders = call.desk.folders
    name = call.text("project", None)
    base = folders.root if name is None else folders.project(name).folder
    try:
        return preview(call.desk.registry, gym, settings, base, inside=folders.root)
    except MyCaffeError as error:
        return _faults(error)


def _gym(call: Call) -> tuple[str | None, dict[str, str]]:
    """Return type and settings of the gym in the body."""
    gym = call.mapping("gym", None)
    if gym is None:
        return None, {}
    kind, settings = gym.get("type"), gym.get("settings", {})
    if not isinstance(kind, str) or not isinstance(settings, dict):
        raise Fault(400, '"gym" must have a type and settings')
    for path, text in settings.items():
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT or len(path) > _LONGEST_TEXT:
            raise Fault(400, f'the setting "{path[:80]}" must be a text')
    return kind, settings


def _faults(error: MyCaffeError) -> Answer:
    """Return what is wrong, field by field."""
    fields = error.faults if isinstance(error, ProjectError) else {error.field: error.message}
    return Answer({"errors": fields, "error": described(error)}, 422)


def project_page(call: Call) -> dict[str, Any]:
    """GET P."""
    desk = call.desk
    project = desk.folders.project(call.path["name"])
    solver, trainer = _solver(call, project)
    model = {"file": project.model.name, **_model(call, project)}
    gym = solver.pop("gym")
    return {
        "name": project.name,
        "folder": str(project.folder),
        "model": model,
        "solver": {"file": project.solver.name, **solver, "trainer": trainer},
        "gym": gym,
        "runs": desk.runs.summaries(project),
        "notes": _notes(project),
    }


def _notes(project: Project) -> str:
    path = project.notes
    # A link may lead out of the served folder.
    if path.is_symlink() or not os.path.isfile(path):
        return ""
    return path.read_text("utf-8", "replace")


def _model(call: Call, project: Project) -> dict[str, Any]:
    """Return name and number of layers; of a file with mistakes, what can be read of it."""
    message = _message(call, project, "model")
    if message is None:
        return {"name": project.model.stem, "layers": 0}
    return {"name": message.name or project.model.stem, "layers": len(message.layer)}


def _solver(call: Call, project: Project) -> tuple[dict[str, Any], str | None]:
    message = _message(call, project, "solver")
    if message is None:
        return {"type": "", "max_iter": 0, "gym": None}, None
    found = {"type": message.type, "max_iter": message.max_iter, "gym": None}
    if not message.HasField("trainer"):
        return found, None
    if message.trainer.gym.type:
        found["gym"] = {"type": message.trainer.gym.type, "text": _gym_text(message.trainer.gym)}
    return found, message.trainer.type or None


def _message(call: Call, project: Project, kind: str) -> Any:
    load = load_model if kind == "model" else load_solver_file
    try:
        return load(call.desk.folders.file_of(project, kind), call.desk.registry).message
    except MyCaffeError as error:
        document = getattr(error, "document", None)
        return None if document is None else document.message


def _gym_text(gym: Any) -> str:
    """Return the gym's settings that are set, in a few words: ``SIN, 0.01745``."""
    words = []
    for _, value in gym.ListFields():
        if not hasattr(value, "DESCRIPTOR"):
            continue
        for field, inner in value.ListFields():
            if field.enum_type is not None and isinstance(inner, int):
                words.append(field.enum_type.values_by_number[inner].name)
            elif isinstance(inner, str | int | float):
                words.append(f"{field.name} {inner:g}" if isinstance(inner, float) else str(inner))
    return ", ".join(words[:4])
