"""A project: a folder of plain files, a model, a solver and their runs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mycaffe_py.errors import ConfigError, MissingFileError
from mycaffe_py.plugins import Registry, default_registry
from mycaffe_py.run.reading import whole_characters

from .finding import PROJECT_FILE, find_files, solver_facts

RUNS, DATA, NOTES = "runs", "data", "notes.md"
_LARGEST = 1 << 20
"""Bytes of a project.json."""


@dataclass(frozen=True)
class Project:
    """A folder with a model, a solver file and their runs."""

    folder: Path
    name: str
    model: Path
    solver: Path
    created: str = ""
    """ISO time, or empty if there is no project.json that says so."""
    gym: str | None = None
    """Type of the gym that the solver file asks for."""
    remarks: tuple[str, ...] = field(default=(), compare=False)
    """What a user should know about a project just made."""

    @property
    def runs(self) -> Path:
        """The folder of the runs, which may not exist yet."""
        return self.folder / RUNS

    @property
    def data(self) -> Path:
        """The folder for data files, which may not exist."""
        return self.folder / DATA

    @property
    def notes(self) -> Path:
        """The file for notes, which may not exist."""
        return self.folder / NOTES

    def as_json(self) -> dict[str, Any]:
        """Return name, folder, file names, gym and time of creation."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "model": self.model.name,
            "solver": self.solver.name,
            "gym": self.gym,
            "created": self.created,
        }


def open_project(folder: Path | str, registry: Registry | None = None) -> Project:
    """Return the project in a folder: one with a solver file and a model, with or without project.json.

    Raises MissingFileError if there is no such folder, or ConfigError that says why it is no project.
    """
    registry = registry or default_registry()
    folder = Path(folder)
    if not os.path.isdir(folder):
        raise MissingFileError(f"there is no folder {folder}")
    written = read_project_file(folder)
    model, solver = find_files(folder, written, registry)
    return Project(
        folder,
        folder.resolve().name,
        model,
        solver,
        _created(written.get("created")),
        solver_facts(solver, registry).gym,
    )


def _created(value: Any) -> str:
    """Return when a project was made, as project.json says; empty if that is no text."""
    return value[:40] if isinstance(value, str) else ""


def read_project_file(folder: Path) -> dict[str, Any]:
    """Return what project.json says, or an empty dict if there is none; ConfigError if it is broken."""
    path = folder / PROJECT_FILE
    try:
        if os.path.lexists(path) and not os.path.isfile(path):
            raise OSError("it is no regular file")
        if os.path.exists(path) and os.path.getsize(path) > _LARGEST:
            raise OSError(f"it has more than {_LARGEST:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        written = whole_characters(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path} is not JSON: {error}", hint="mend it, or remove it: it may be left out"
        ) from error
    if not isinstance(written, dict):
        raise ConfigError(f"{path} does not hold an object with name, model and solver")
    return written
