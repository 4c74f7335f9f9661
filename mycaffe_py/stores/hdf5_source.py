"""The HDF5 file that groups and datasets are read from, and its errors."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mycaffe_py.device.memory_limits import out_of_memory
from mycaffe_py.errors import ConfigError, MyCaffeError, require
from mycaffe_py.foreign.files import stand_in
from mycaffe_py.visible import visible_line

from .hdf5_sizes import Taken
from .hdf5_trees import Reader, faults

MOST_OBJECTS = 1 << 15
"""How many names a group may have, and how many objects are opened in a file."""
DAMAGED = (
    *(OSError, LookupError, RuntimeError, ValueError, TypeError),
    *(AttributeError, ArithmeticError, AssertionError, SystemError),
)
"""What h5py raises for damaged files."""
_LONGEST_NAME, _LONGEST_REASON = 80, 120
_LOOK_AT = 512


class Source:
    """The file that groups and datasets belong to: its name, its errors, and what was taken from it."""

    def __init__(self, name: str, error: type[ConfigError]):
        self.h5py = require("h5py", "hdf5")
        self.name, self.error = name, error
        self.opened = 0
        self.taken = Taken(0)
        self._read: Reader | None = None
        self._sound: set[int] = set()

    def fail(self, message: str, hint: str | None = None) -> ConfigError:
        """Return the error."""
        return self.error(f"{self.name}{message}", hint=hint)

    def check_regular(self, path: Path) -> None:
        """Fail for a device, a pipe or a folder, for a path that leads nowhere and for what stands for a file."""
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:  # ValueError: the path contains a null character
            raise self.fail(f" cannot be read: {getattr(error, 'strerror', error)}") from error
        if not stat.S_ISREG(mode):
            raise self.fail(" is not a regular file, so it is not read")
        with self.guard(), open(path, "rb") as file:
            instead = stand_in(file.read(_LOOK_AT))
        if instead:
            raise self.fail(f" is {instead[0]}, but an HDF5 file is expected", instead[1])

    @contextmanager
    def guard(self, where: str = "") -> Iterator[None]:
        """Turn what h5py raises for damaged files into the caller's error."""
        try:
            yield
        except MyCaffeError:
            raise
        except MemoryError as error:
            raise out_of_memory(
                f"{self.name}{where} is too large for the available memory"
            ) from error
        except DAMAGED as error:
            if number := getattr(error, "errno", None):  # of the system, not of HDF5
                raise self.fail(f"{where} cannot be read: {os.strerror(number)}") from error
            raise self.fail(
                f"{where} cannot be read as an HDF5 file: it is damaged, was cut short or is of another kind "
                f"({_reason(error)})"
            ) from error

    def begin(self, file: Any, content: Path | bytes) -> None:
        """Take the open file (an ``h5py.File``), and what it was opened from."""
        self.taken = Taken(file.id.get_filesize())
        made = file.id.get_create_plist()
        if made.get_sizes() != (8, 8):
            raise self.fail(
                " has addresses or lengths of another size than 8 bytes, which are not read"
            )
        self._read = Reader(content, made.get_userblock())

    def check_object(self, group: Any, name: bytes, path: str) -> None:
        """Fail if the object of that name in a group would lead HDF5 out of the file or in a circle.

        That is before the object is opened: HDF5 follows some of what it names already then.
        """
        low, high = self.h5py.h5g.get_objinfo(group, name).objno
        header = low | high << 32
        assert self._read is not None
        if header in self._sound:
            return
        for fault in faults(self._read, header, self.taken.file_size):
            raise self.fail(f": {shown(path)} {fault}")
        self._sound.add(header)

    def end(self) -> None:
        """Close what :meth:`begin` opened."""
        if self._read is not None:
            self._read.close()

    def count(self) -> None:
        """Count an object that is opened, and fail if there are too many."""
        self.opened += 1
        if self.opened > MOST_OBJECTS:
            raise self.fail(f" has more than {MOST_OBJECTS:,} groups and datasets, or is damaged")


class Member:
    """A group or dataset; ``path`` is how its file calls it."""

    def __init__(self, source: Source, identifier: Any, path: str):
        self._source, self._id, self.path = source, identifier, path

    @property
    def where(self) -> str:
        """The file and the path in it, for messages."""
        return f"{self._source.name}: {shown(self.path or '/')}"


def shown(name: str) -> str:
    """Return a name in quotes, short and without control characters."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return f'"{visible_line(short)}"'


def _reason(error: BaseException) -> str:
    """Return what HDF5 says about a failure, without addresses and times."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    inner = re.search(r"\((.+)\)\s*$", text, re.DOTALL)
    text = re.split(r": time = |, file descriptor", inner[1] if inner else text)[0]
    return text.strip()[:_LONGEST_REASON] or type(error).__name__
