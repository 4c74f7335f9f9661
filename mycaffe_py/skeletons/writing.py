"""Writing new files: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from mycaffe_py.errors import ConfigError, OutputError


def write_new(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts by their paths in ``folder``, and return the files; the folders are made if need be.

    Nothing is overwritten: ConfigError if one of the files exists. After an error nothing is left, neither files
    nor folders.
    """
    check_free(folder, texts)
    files = [folder / name for name in texts]
    made: list[Path] = []
    try:
        for file, text in zip(files, texts.values(), strict=True):
            _make_folders(file.parent, made)
            with open(file, "x", encoding="utf-8", newline="\n") as stream:
                made.append(file)
                stream.write(text)
    except BaseException as error:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if os.path.isdir(path) else path.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or error
            raise OutputError(f"cannot write {error.filename or folder}: {reason}") from error
        raise
    return files


def check_free(folder: Path, names: Iterable[str]) -> None:
    """Raise ConfigError if one of the files or folders exists, or ``folder`` is none."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise ConfigError(f"{folder} is not a folder")
    for name in names:
        if os.path.lexists(folder / name):
            raise ConfigError(f"{folder / name} exists already", hint="nothing was written")


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, noting each in ``made``."""
    missing = [place for place in (folder, *folder.parents) if not os.path.lexists(place)]
    for place in reversed(missing):
        place.mkdir()
        made.append(place)
