"""The projects in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from mycaffe_py.errors import MissingFileError, MyCaffeError
from mycaffe_py.plugins import Registry, default_registry

from .finding import PROJECT_FILE, is_inside
from .project import Project, open_project


@dataclass(frozen=True)
class Listed:
    """A folder in a list of projects: the project, or what is wrong with it."""

    folder: Path
    project: Project | None
    problem: str = ""

    @property
    def name(self) -> str:
        """The name that :func:`find_project` takes."""
        return self.project.name if self.project else self.folder.resolve().name


def list_projects(root: Path | str, registry: Registry | None = None) -> list[Listed]:
    """Return the projects in a folder: itself, if it is one, else those of its folders that are, sorted by name.

    Without a project.json, a folder is a project itself only if none of its folders is one.
    A folder with a project.json that cannot be opened is listed with its problem. Hidden folders, and links that
    lead out of ``root``, are left out. Raises MissingFileError if ``root`` cannot be read.
    """
    registry = registry or default_registry()
    root = Path(root)
    itself = _listed(root, registry)
    if itself is not None and os.path.isfile(root / PROJECT_FILE):
        return [itself]
    try:
        folders = list(_folders(root))
    except OSError as error:
        reason = error.strerror or error
        raise MissingFileError(f"folder {root} cannot be read: {reason}") from error
    found = [one for one in (_listed(folder, registry) for folder in folders) if one]
    # Files that happen to lie beside projects do not hide them.
    return [itself] if itself is not None and not found else found


def find_project(root: Path | str, name: str, registry: Registry | None = None) -> Project:
    """Return the project called ``name`` in a folder; the folder itself for ".", or if it is a project of this name.

    Raises MissingFileError if there is none of this name, or ConfigError that says why it is no project.
    """
    registry = registry or default_registry()
    root = Path(root)
    if name == "." or name == root.resolve().name and _listed(root, registry) is not None:
        return open_project(root, registry)
    # Never a path: neither out of the folder nor deeper into it.
    plain = PurePath(name).name == name and not name.startswith(".") and "\0" not in name
    if (
        not plain
        or "\\" in name
        or not os.path.isdir(root / name)
        or not is_inside(root / name, root)
    ):
        names = [one.name for one in list_projects(root, registry)]
        raise MissingFileError(
            f'there is no project "{name}" in {root}',
            nearest=(name, names),
            hint=f"projects: {', '.join(names)}" if names else None,
        )
    return open_project(root / name, registry)


def _folders(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir(), key=lambda path: (path.name.casefold(), path.name)):
        if not path.name.startswith(".") and os.path.isdir(path) and is_inside(path, root):
            yield path


def _listed(folder: Path, registry: Registry) -> Listed | None:
    try:
        return Listed(folder, open_project(folder, registry))
    except (MyCaffeError, OSError) as error:
        if not os.path.isfile(folder / PROJECT_FILE):
            return None
        message = error.message if isinstance(error, MyCaffeError) else str(error)
        return Listed(folder, None, message)
