"""Paths of the shipped models, solvers and .proto files, in a wheel and in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import MissingFileError, did_you_mean

KINDS = ("protos", "models", "solvers")
_PACKAGE = Path(__file__).resolve().parent


def resource_path(kind: str, name: str | None = None) -> Path:
    """Return the folder of the shipped files of one kind, or one file in it."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of resource {kind!r}; known are {', '.join(KINDS)}")
    packaged = _PACKAGE / "share" / kind
    folder = packaged if packaged.is_dir() else _PACKAGE.parent / kind
    if name is None:
        return folder
    path = folder / name
    if not path.is_file():
        raise MissingFileError(
            f"no file {name!r} among the shipped {kind}",
            nearest=(name, resource_names(kind)),
        )
    return path


def resource_names(kind: str) -> list[str]:
    """Return the names of the shipped files of one kind, sorted."""
    folder = resource_path(kind)
    if not folder.is_dir():
        return []
    suffix = ".proto" if kind == "protos" else ".prototxt"
    return sorted(path.name for path in folder.iterdir() if path.suffix == suffix)


def find_resource(kind: str, name: str | Path) -> Path:
    """Return ``name`` if the file exists, else the shipped file of that name.

    Raises MissingFileError, naming the nearest shipped one, if there is neither.
    """
    path = Path(name)
    if os.path.exists(path):
        return path
    if path.name == str(name) and path.name in resource_names(kind):
        return resource_path(kind, path.name)
    what = kind.removesuffix("s")
    near = did_you_mean(path.name, resource_names(kind))
    for other in ("models", "solvers"):
        if other != kind and path.name == str(name) and path.name in resource_names(other):
            near = f"{name} is one of the shipped {other}: give it with --{other.removesuffix('s')}"
    shipped = f"shipped {kind}: {', '.join(resource_names(kind)) or 'none'}"
    raise MissingFileError(
        f'{what} file "{name}" does not exist', hint=f"{near}\n{shipped}" if near else shipped
    )
