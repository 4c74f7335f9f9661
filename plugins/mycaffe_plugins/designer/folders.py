"""The served folder: projects, runs and files by name, and nothing outside of it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from mycaffe_py.projects import Listed, Project, find_project, list_projects, open_project

from .faults import Fault

_BAD = re.compile(r"[/\\\x00-\x1f\x7f]")
_LONGEST = 255


def check_name(name: str, what: str) -> str:
    """Return the name of a file or folder, or refuse it: no separators, no dots alone, nothing unprintable."""
    bad = not name or len(name) > _LONGEST or name.strip(". ") == "" or _BAD.search(name)
    if bad or (os.name == "nt" and ":" in name):
        raise Fault(404, f"there is no {what} of this name")
    return name


def within(folder: Path, *names: str, what: str = "file") -> Path:
    """Return a path below ``folder``, links resolved; a name that leads out of it, by a link too, is refused."""
    base = folder.resolve()
    path = base
    for name in names:
        path = path / check_name(name, what)
    real = _resolved(path, what)
    if real != base and base not in real.parents:
        raise Fault(403, f"{names[-1]} leads out of the folder {folder.name}")
    return real


def _resolved(path: Path, what: str) -> Path:
    """Return a path with its links resolved; a circle of links is refused, which ``resolve`` passes over in silence
    from Python 3.13 on.
    """
    try:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.stat(path)
        return path.resolve()
    except (OSError, RuntimeError):
        raise Fault(404, f"there is no {what} of this name") from None


class Folders:
    """The folder that the Designer was started in: one of projects, or a project's own."""

    def __init__(self, root: Path):
        self.root = root.resolve()
        self.single = self._single()

    def _single(self) -> str | None:
        own = [one for one in list_projects(self.root) if one.folder.resolve() == self.root]
        return own[0].name if own else None

    @property
    def shown(self) -> str:
        """The folder's path, with ``~`` for the user's own folder."""
        home = str(Path.home())
        path = str(self.root)
        if path == home or path.startswith(home + os.sep):
            return "~" + path[len(home) :]
        return path

    def listed(self) -> list[Listed]:
        """Return all projects in the folder, also those that cannot be opened; links out of it are left out."""
        return [one for one in list_projects(self.root) if self._inside(one.folder)]

    def projects(self) -> list[Project]:
        """Return the projects that can be opened."""
        return [one.project for one in self.listed() if one.project is not None]

    def project(self, name: str) -> Project:
        """Return a project by name."""
        if self.single is not None:
            if name != self.single:
                raise Fault(404, f'there is no project "{name}" here')
            return open_project(self.root)
        within(self.root, name, what="project")
        return find_project(self.root, name)

    def run(self, project: Project, net: str, number: str) -> Path:
        """Return the folder of a run, which exists."""
        folder = within(project.runs, net, number, what="run")
        if not number.isdecimal() or not os.path.isdir(folder):
            raise Fault(404, f"there is no run {net}/{number}")
        self._check_inside(folder, f"{net}/{number}")
        return folder

    def run_of_id(self, project: Project, text: str) -> Path:
        """Return the folder of a run given as ``NET/003``."""
        net, _, number = text.partition("/")
        return self.run(project, net, number)

    def file_of(self, project: Project, kind: str) -> Path:
        """Return the project's ``model`` or ``solver`` file; it need not exist."""
        path = {"model": project.model, "solver": project.solver}[kind]
        real = _resolved(path, kind)
        folder = project.folder.resolve()
        if folder not in real.parents:
            raise Fault(403, f"{path.name} leads out of the project's folder")
        return real

    def _check_inside(self, path: Path, name: str) -> None:
        if not self._inside(path):
            raise Fault(403, f"{name} leads out of the served folder")

    def _inside(self, path: Path) -> bool:
        real = Path(os.path.realpath(path))  # leaves circles of links as they are
        return real == self.root or self.root in real.parents
