"""Paths of the shipped models, solvers and .proto files, in a wheel and in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import MissingFileError, closest
from .reading import broken_link

KINDS = ("protos", "models", "solvers")
_ENDING = ".prototxt"
_PACKAGE = Path(__file__).resolve().parent


def resource_path(kind: str, name: str | None = None) -> Path:
    """Return the folder of the shipped files of one kind, or one file in it."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of resource {kind!r}; known are {', '.join(KINDS)}")
    packaged = _PACKAGE / "share" / kind
    folder = packaged if os.path.isdir(packaged) else _PACKAGE.parent / kind
    if name is None:
        return folder
    path = folder / name
    if not os.path.isfile(path):
        raise MissingFileError(
            f"no file {name!r} among the shipped {kind}",
            nearest=(name, resource_names(kind)),
        )
    return path


def resource_names(kind: str) -> list[str]:
    """Return the names of the shipped files of one kind, sorted."""
    folder = resource_path(kind)
    if not os.path.isdir(folder):
        return []
    suffix = ".proto" if kind == "protos" else _ENDING
    return sorted(path.name for path in folder.iterdir() if path.suffix == suffix)


def _near(path: Path, kind: str) -> str | None:
    """Suggest a file beside the one that is missing, or a shipped one, by its name without the ending."""
    try:
        beside = [name for name in os.listdir(path.parent) if name.endswith(_ENDING)]
    except OSError:
        beside = []
    for names, folder in ((beside, path.parent), (resource_names(kind), Path())):
        by_stem = {name.removesuffix(_ENDING): name for name in sorted(names)}
        near = closest(path.name.removesuffix(_ENDING), by_stem)
        if near:
            return f'did you mean "{folder / by_stem[near]}"?'
    return None


def find_resource(kind: str, name: str | Path) -> Path:
    """Return ``name`` if the file exists, else the shipped file of that name, with or without its ``.prototxt``.

    Raises MissingFileError, naming the nearest shipped one, if there is neither.
    """
    path = Path(name)
    if str(name) and os.path.exists(path):
        return path
    shipped_names = resource_names(kind)
    for whole in (path.name, f"{path.name}.prototxt"):
        if path.name == str(name) and whole in shipped_names:
            return resource_path(kind, whole)
    what = kind.removesuffix("s")
    if link := broken_link(path):
        raise MissingFileError(f'{what} file "{name}" is {link}')
    near = _near(path, kind)
    for other in ("models", "solvers"):
        if other != kind and path.name == str(name) and path.name in resource_names(other):
            option = other.removesuffix("s")
            elsewhere = f"{name} is one of the shipped {other}: give it with --{option} ({option}= in Python)"
            near = f"{near}\n{elsewhere}" if near else elsewhere
    shipped = f"shipped {kind}: {', '.join(shipped_names) or 'none'}"
    raise MissingFileError(
        f'{what} file "{name}" does not exist', hint=f"{near}\n{shipped}" if near else shipped
    )
