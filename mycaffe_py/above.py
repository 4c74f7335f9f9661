"""Names of files that count from the root of a repository, as in most that published solvers and nets give."""

from __future__ import annotations

import os
from pathlib import Path

_MOST_FOLDERS = 8


def folder_above(name: str, folder: Path) -> Path | None:
    """Return the nearest folder above ``folder`` in which there is a file or folder ``name``, or None.

    Only a relative name without ``..`` is looked for, in at most eight folders, and in none above one with ``.git``.
    """
    path = Path(name)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        return None
    for upper in list(folder.parents)[:_MOST_FOLDERS]:
        if os.path.lexists(folder / ".git"):
            return None
        if os.path.exists(upper / path):
            return upper
        folder = upper
    return None
