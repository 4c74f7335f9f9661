"""Writing a file atomically, so that it is either complete or absent."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from mycaffe_py.durable import make_folder, replacing
from mycaffe_py.errors import OutputError
from mycaffe_py.leftovers import remove_leftovers

Content = bytes | str | Callable[[BinaryIO], None]


def atomic_write(path: str | os.PathLike[str], data: Content) -> None:
    """Write ``data`` (bytes, text as UTF-8, or a function that writes) to ``path``.

    A temporary file in the same folder is written, flushed to the disk and renamed, so the final
    name never refers to half a file, also after a power failure; missing folders are created. A link is
    kept, and its target is written; a device or pipe such as /dev/stdout is written directly. Raises
    OutputError with the system's reason. What killed processes left unfinished in the folder is removed.
    """
    path = Path(path)
    try:
        if _takes_a_stream(path):
            with open(path, "wb") as file:
                _put(file, data)
            return
        if not path.name:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if os.path.islink(path):
            path = Path(os.path.realpath(path))
        _make_folder(path.parent)
        _clean_once(path.parent)
        with replacing(path, to_disk=True) as file:
            _put(file, data)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


_cleaned: set[str] = set()
"""The folders in which this process has looked for leftovers."""


def _clean_once(folder: Path) -> None:
    name = os.path.abspath(folder)
    if name not in _cleaned:
        _cleaned.add(name)
        remove_leftovers(name)


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise OutputError if :func:`atomic_write` would certainly fail there, for use before long work."""
    path = Path(path)
    if os.path.isdir(path):
        raise OutputError(f"cannot write {path}: it is a folder")
    above = next(place for place in path.absolute().parents if os.path.lexists(place))
    if not os.path.isdir(above):
        raise OutputError(f"cannot write into {path.parent}: {above} is a file, not a folder")
    if not os.access(above, os.W_OK):
        raise OutputError(f"cannot write into {above}: {os.strerror(errno.EACCES)}")


def _takes_a_stream(path: Path) -> bool:
    """Whether ``path`` exists and is neither a file nor a folder, so that it must not be replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _put(file: BinaryIO, data: Content) -> None:
    if callable(data):
        data(file)
    else:
        file.write(data.encode() if isinstance(data, str) else data)


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder)
    except (FileExistsError, NotADirectoryError) as error:
        blocking = next(
            (place for place in (folder, *folder.parents) if os.path.isfile(place)), folder
        )
        raise OutputError(
            f"cannot write into {folder}: {blocking} is a file, not a folder"
        ) from error
