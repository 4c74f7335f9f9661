"""How run.json writes paths and problems, and how they are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.plugin_code import named_text, plugin_error


def seen_from(folder: Path, run: Path) -> str:
    """Return the path of a run beside this one, which still holds if both are moved; else its absolute path."""
    here, there = Path(os.path.abspath(folder)), Path(os.path.abspath(run))
    return f"../{there.name}" if here.parent == there.parent else str(there)


def stored_path(folder: Path, path: Path) -> str:
    """Return ``path`` as run.json names it: relative to the run folder if it is inside, else absolute."""
    here, there = Path(os.path.abspath(folder)), Path(os.path.abspath(path))
    return there.relative_to(here).as_posix() if here in there.parents else str(there)


def recorded_path(folder: Path, record: dict[str, Any], name: str) -> Path:
    """Return the path that run.json names.

    Those of older versions are relative to its ``working_folder``; if such a run was moved, its own files count.
    """
    inside = folder / name
    older = Path(record.get("working_folder") or ".") / name
    places = (inside, folder / inside.name, older)
    return next((place for place in places if os.path.exists(place)), inside)


def problem_of(error: BaseException | None) -> dict[str, Any] | None:
    """Return what an error says and where: ``message``, ``hint``, ``file``, ``line``, ``column``, None if unknown."""
    if error is None:
        return None
    error = plugin_error(error) or error
    if not isinstance(error, MyCaffeError):
        return {
            "message": named_text(error),
            "hint": None,
            "file": None,
            "line": None,
            "column": None,
        }
    first = error.problems[0]
    place = first.location
    return {
        "message": first.message,
        "hint": first.hint,
        "file": os.path.abspath(place.filename) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
