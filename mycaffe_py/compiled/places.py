"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

_KEPT = 40
"""Folders of the cache, a few for each kernel file; the oldest are removed beyond that."""


def cache_home() -> Path | None:
    """Return the folder of all compiled kernels; None if the user has no place for one."""
    given = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", "")
    try:
        base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    except RuntimeError:  # no home folder
        return None
    return base / "mycaffe-py" / "kernels"


def kernel_folder(key: str) -> Path | None:
    """Return the folder of one kernel file's kernels; None if it cannot be written: then they live in memory alone."""
    home = cache_home()
    if home is None:
        return None
    folder = home / key
    if not folder.is_dir():
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_oldest(home)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            return None
    # What it holds is run: nobody else may be able to write it.
    if os.name != "nt" and (folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o022):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _remove_oldest(home: Path) -> None:
    folders = sorted(home.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def empty(folder: Path) -> None:
    """Remove the kernels of a folder, of which one is damaged."""
    for file in list(folder.rglob("*.nb?")):
        with suppress(OSError):
            file.unlink()
