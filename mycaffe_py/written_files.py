"""Which files a file may make mycaffe write: where those are that it names, and over which existing ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SWITCH = "MYCAFFE_ALLOW_OUTSIDE"
OPTION = "--allow-outside"
_ON = ("1", "yes", "on", "true")
_MARK, _MARKED_BY = "written_by", b"mycaffe-py, which may replace it"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD = 4096


class _Limits:
    """What the user of a command has said."""

    def __init__(self) -> None:
        self.lifted = os.environ.get(SWITCH, "").strip().lower() in _ON
        self.folders: list[str] = []
        self.typed: set[tuple[str, str]] = set()


_limits: _Limits | None = None
"""None: no limits, as in scripts, which are code already."""


@contextmanager
def limits() -> Iterator[None]:
    """Context in which files may name only places below the current folder for what is written.

    The user may lift that, for all or for single folders and values.
    """
    global _limits
    before, _limits = _limits, _Limits()
    try:
        yield
    finally:
        _limits = before


def lift_limits() -> None:
    """The user allows every place, until the context ends."""
    if _limits is not None:
        _limits.lifted = True


def allow_folder(folder: str | os.PathLike[str]) -> None:
    """The user has named this folder for what is written."""
    if _limits is not None:
        _limits.folders.append(os.path.abspath(folder))


def allow_value(field: str, value: str) -> None:
    """The user has typed the value of a field, so it is not a file that says it."""
    if _limits is not None:
        _limits.typed.add((field, value))


def is_typed(field: str, value: str) -> bool:
    """Whether the user has typed the value of a field."""
    return _limits is not None and (field, value) in _limits.typed


def why_not_there(field: str, path: str) -> str:
    """Return why a file that gives ``field`` the value ``path`` may not choose that place, for messages; "" if it may.

    ``field`` is the setting's own name, ``file_name``. Nothing outside is looked at.
    """
    if "\0" in path:
        return "contains a null character"
    if _limits is None or _limits.lifted or is_typed(field, path):
        return ""
    if path.startswith("~"):
        return "begins with ~, which does not stand for the home folder here"
    folders = [os.getcwd(), *_current_by_name(), *_limits.folders]
    if not any(_is_below(os.path.abspath(path), folder) for folder in folders):
        return "leads out of the current folder"
    if not any(_is_below(os.path.realpath(path), os.path.realpath(each)) for each in folders):
        return "leads out of the current folder through a link"
    return ""


def _current_by_name() -> list[str]:
    """Return the current folder as the shell calls it, if it went there through a link."""
    name = os.environ.get("PWD", "")
    try:
        return [name] if os.path.isabs(name) and os.path.samefile(name, ".") else []
    except OSError:
        return []


def _is_below(path: str, folder: str) -> bool:
    try:
        return os.path.commonpath([path, folder]) == os.path.normpath(folder)
    except ValueError:  # on another drive
        return False


# Files that exist.


def mark_hdf5(file: Any) -> None:
    """Mark a new, empty HDF5 file (an ``h5py.File``) as one of ours."""
    import numpy as np

    file.attrs[_MARK] = np.bytes_(_MARKED_BY)  # of fixed length: it stays near the beginning


def is_marked_hdf5(path: str | os.PathLike[str]) -> bool:
    """Whether a file was begun by :func:`mark_hdf5`, also if it is cut short later; raises OSError."""
    head = head_of(path)
    return head.startswith(_HDF5) and _MARKED_BY in head


def head_of(path: str | os.PathLike[str]) -> bytes:
    """Return the first bytes of a file, 4096 at most; raises OSError, also for what is no ordinary file."""
    if not os.path.isfile(path):
        raise OSError(f"{Path(path)} is not an ordinary file")
    with open(path, "rb") as file:
        return file.read(_HEAD)
