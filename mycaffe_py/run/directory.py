"""The run folder, which is numbered and never reused."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mycaffe_py.durable import sync_names
from mycaffe_py.errors import ConfigError, OutputError
from mycaffe_py.file_names import is_reserved, shortened

from .record import FILE_NAME

DEFAULT_BASE = Path("runs")
_LONGEST_NAME = 100


def folder_name(net_name: str) -> str:
    """Return a folder name for a net's name, for any system."""
    encoding = sys.getfilesystemencoding()  # ASCII, if the locale says nothing else
    known = net_name.encode(encoding, "replace").decode(encoding)
    name = re.sub(r"[^\w.+-]+", "_", known).strip("._")[:_LONGEST_NAME]
    name = shortened(name).rstrip(".") or "net"
    return f"net_{name}" if is_reserved(name) else name


def numbered_folders(parent: Path) -> list[Path]:
    """Return the numbered run folders in ``parent``, oldest first."""
    if not os.path.isdir(parent):
        return []
    found = [path for path in parent.iterdir() if path.name.isdecimal() and os.path.isdir(path)]
    return sorted(found, key=lambda path: int(path.name))


def runs_of_nets(base: Path) -> Iterator[list[Path]]:
    """Yield the numbered run folders of each net below ``base``; what may not be read is left out."""
    with suppress(OSError):
        for net in base.iterdir():
            with suppress(OSError):
                yield numbered_folders(net)


class RunDirectory:
    """The folder of one run; ``path`` exists, and was empty when the run began."""

    def __init__(self, path: Path, made: Sequence[Path] = ()):
        self.path = path
        self._made = list(made)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __str__(self) -> str:
        return str(self.path)

    @classmethod
    def create(cls, base: Path | str, net_name: str) -> RunDirectory:
        """Create the next free folder ``base/<net>/<NNN>``; raises OutputError if that fails."""
        parent = Path(base) / folder_name(net_name)
        made = _absent(parent)
        try:
            parent.mkdir(parents=True, exist_ok=True)
            taken = numbered_folders(parent)
            number = int(taken[-1].name) + 1 if taken else 1
            while True:
                path = parent / f"{number:03d}"
                try:
                    # Fails if another process was faster; one that gave up may have removed the parent.
                    path.mkdir(parents=True)
                except FileExistsError:
                    number += 1
                else:
                    return cls(path, [path, *made])._on_disk()
        except OSError as error:
            raise _unwritable(parent, error) from error

    @classmethod
    def at(cls, path: Path | str) -> RunDirectory:
        """Use ``path``, which must be absent or an empty folder."""
        path = Path(path)
        made = _absent(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            occupied = any(path.iterdir()) or not _claimed(path)
            directory = cls(path, made)
            if not occupied:
                directory._on_disk()
        except FileExistsError:
            raise ConfigError(f"run folder {path} is a file") from None
        except OSError as error:
            raise _unwritable(path, error) from error
        if occupied:
            raise ConfigError(
                f"run folder {path} is not empty, and a run is never overwritten",
                hint="choose another folder, or omit --run-dir to get the next free number",
            )
        return directory

    def _on_disk(self) -> RunDirectory:
        """Wait until the new folders are on the disk; raises OSError, and removes them then."""
        try:
            sync_names(self._made)
        except OSError:
            self.discard()
            raise
        return self

    def discard(self) -> None:
        """Remove what was created for a run that did not start."""
        with suppress(OSError):
            for entry in self.path.iterdir():  # the folder was empty
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
            for folder in self._made:
                folder.rmdir()


def _claimed(folder: Path) -> bool:
    """Create an empty record in an empty folder; return False if another process was faster."""
    try:
        (folder / FILE_NAME).open("x").close()
    except FileExistsError:
        return False
    return True


def _absent(path: Path) -> list[Path]:
    """Return ``path`` and the folders above it that do not exist, innermost first."""
    return [place for place in (path, *path.parents) if not os.path.exists(place)]


def _unwritable(path: Path, error: OSError) -> OutputError:
    blocking = next((place for place in (path, *path.parents) if os.path.isfile(place)), None)
    reason = f"{blocking} is a file" if blocking else error.strerror or error
    return OutputError(
        f"cannot create the run folder {path}: {reason}",
        hint="choose another place with --run-dir",
    )
