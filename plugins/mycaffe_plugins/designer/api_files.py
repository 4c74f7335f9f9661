"""Answers about a project's two files: text, saving, what is seen in a text, edits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.errors import MyCaffeError

from .calls import Answer, Call, described
from .faults import Fault
from .files import read_file, write_file
from .guard import LARGEST_BODY

KINDS = ("model", "solver")
PHASES = ("TRAIN", "TEST", "ALL")


def file_page(call: Call) -> dict[str, Any]:
    """GET P/files/KIND."""
    kind = _kind_in_path(call)
    path = _path(call, kind)
    found = read_file(path)
    call.desk.streams.files.opened(call.path["name"], kind, path, found["etag"])
    return found


def save_file(call: Call) -> dict[str, Any]:
    """PUT P/files/KIND."""
    kind = _kind_in_path(call)
    path = _path(call, kind)
    text = call.text("text", longest=LARGEST_BODY)
    etag = write_file(path, text, call.text("etag", None))
    call.desk.streams.files.opened(call.path["name"], kind, path, etag)
    return {"etag": etag}


def look(call: Call) -> dict[str, Any]:
    """POST P/look."""
    kind = call.choice("kind", KINDS)
    text = call.text("text", longest=LARGEST_BODY)
    return look_at(call, kind, text, call.choice("phase", PHASES, "TRAIN"))


def look_at(call: Call, kind: str, text: str, phase: str = "TRAIN") -> dict[str, Any]:
    """Return what is seen in a text: problems, fields, graph."""
    return call.desk.worker.call("look", kind=kind, text=text, phase=phase, **_place(call, kind))


def edit(call: Call) -> Any:
    """POST P/edit."""
    kind = call.choice("kind", KINDS)
    changes = call.body.get("do")
    changes = changes if isinstance(changes, list) else [changes]
    if not changes or not all(isinstance(change, dict) for change in changes):
        raise Fault(400, '"do" must be an operation or a list of operations')
    try:
        return call.desk.worker.call(
            "edit",
            kind=kind,
            text=call.text("text", longest=LARGEST_BODY),
            phase=call.choice("phase", PHASES, "TRAIN"),
            do=changes,
            **_place(call, kind),
        )
    except MyCaffeError as error:
        return Answer({"errors": {error.field: error.message}, "error": described(error)}, 422)


def _place(call: Call, kind: str) -> dict[str, str]:
    path = _path(call, kind)
    return {"folder": str(path.parent), "filename": path.name}


def _kind_in_path(call: Call) -> str:
    kind = call.path["kind"]
    if kind not in KINDS:
        raise Fault(404, "a project's files are model and solver")
    return kind


def _path(call: Call, kind: str) -> Path:
    """Return where a file of the project is, or was when a page opened it."""
    folders, name = call.desk.folders, call.path["name"]
    try:
        return folders.file_of(folders.project(name), kind)
    except MyCaffeError:
        path = call.desk.streams.files.path_of(name, kind)
        if path is None:
            raise
        return path
