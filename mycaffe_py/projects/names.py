"""The names of projects, which are names of folders on any system."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from mycaffe_py.errors import ConfigError
from mycaffe_py.file_names import fits, is_reserved

LONGEST = 100
_MARKS = " ._-"


def check_name(name: str) -> None:
    """Raise ConfigError, with field "name", unless a project may have this name.

    Allowed are letters of any script, digits, space and . _ -, at most 100 of them, beginning with a letter, a
    digit or _, and ending with anything but a dot or space, which Windows drops.
    """
    if not name.strip():
        raise _refused("A project needs a name.")
    if len(name) > LONGEST or not fits(name):
        raise _refused(f"The name is too long; at most {LONGEST} letters fit.")
    bad = next((letter for letter in name if not _allowed(letter)), None)
    if bad is not None:
        shown = f'"{bad}"' if bad.isprintable() else f"the character U+{ord(bad):04X}"
        raise _refused(
            f"A name may have letters, digits, spaces and the signs . _ - but not {shown}."
        )
    if name[0] in ". -":
        what = {".": "a dot", "-": "a hyphen", " ": "a space"}[name[0]]
        raise _refused(f"A name may not begin with {what}.")
    if name[-1] in ". ":
        raise _refused(f"A name may not end with {'a dot' if name[-1] == '.' else 'a space'}.")
    if is_reserved(name):
        raise _refused(f'Windows keeps the name "{name}" for itself; choose another.')


def check_free(root: Path, name: str) -> None:
    """Raise ConfigError, with field "name", if there is something called that in ``root``, or it would lie outside."""
    folder = root / name
    if os.path.lexists(folder):
        what = "folder" if os.path.isdir(folder) else "file"
        raise _refused(f"There is a {what} {name} already.")
    if folder.resolve().parent != root.resolve():
        raise _refused(f'"{name}" is not the name of a folder in {root}.')


def _allowed(letter: str) -> bool:
    # Marks belong to letters in many scripts; category N has digits of all scripts.
    return letter in _MARKS or unicodedata.category(letter) in {
        *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"),
    }


def _refused(message: str) -> ConfigError:
    return ConfigError(message, field="name")
