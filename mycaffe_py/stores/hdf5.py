"""HDF5 files of others, read so that nothing leads out of the file, runs code or fills the memory.

An HDF5 file can name other files to read (external storage, external links, virtual datasets) and filters to load as
programs, and can claim any size. Here, a dataset is looked at first, and read only if it is a plain array of numbers
in the file itself; :mod:`.hdf5_rules` has the rules. Everything that goes wrong is an error of the class that the
caller names, with the file and the dataset.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError

from .hdf5_dataset import HDF5Dataset
from .hdf5_source import DAMAGED, MOST_OBJECTS, Member, Source, shown

MOST_LINKS = 16
"""How many soft links one name may lead through."""
_MOST_BYTES_OF_NAMES = 1 << 24
_OUTSIDE = "only what is in the file itself is read"


@contextmanager
def open_hdf5(content: Path | bytes, name: str, error: type[ConfigError]) -> Iterator[HDF5Group]:
    """Open an HDF5 file, given by its path or by its bytes, and yield its root group.

    ``name`` is what errors call the file, and ``error`` their class. Nothing of the file may be used afterwards.
    Raises MissingExtraError without h5py.
    """
    source = Source(name, error)
    if isinstance(content, Path):
        source.check_regular(content)
    with source.guard():
        readable = io.BytesIO(content) if isinstance(content, bytes) else content
        file = source.h5py.File(readable, "r")
    try:
        with source.guard():
            source.begin(file, content)
            source.check_object(file.id, b"/", "/")
            root = HDF5Group(source, file["/"].id, "")
        yield root
    finally:
        with suppress(*DAMAGED):  # nothing was written
            file.close()
        source.end()


class HDF5Group(Member):
    """A group: names, and what they lead to within the file."""

    def names(self) -> list[str]:
        """Return the names in the group, sorted.

        Fails if there are too many, or one that no path can lead to.
        """
        found: list[bytes] = []
        room = _MOST_BYTES_OF_NAMES

        def collect(name: bytes) -> bool | None:
            nonlocal room
            found.append(name)
            room -= len(name)
            return True if len(found) > MOST_OBJECTS or room < 0 else None

        with self._source.guard(f": group {shown(self.path or '/')}"):
            self._id.links.iterate(collect)
        if len(found) > MOST_OBJECTS:
            raise self._fail(f"has more than {MOST_OBJECTS:,} names")
        if room < 0:
            raise self._fail(f"has names of more than {_MOST_BYTES_OF_NAMES:,} bytes")
        return sorted(self._decoded(name) for name in found)

    def get(self, path: str) -> HDF5Group | HDF5Dataset | None:
        """Return the group or dataset that a path leads to from here, or None if there is neither.

        Soft links are followed within the file; a link to another file is refused.
        """
        with self._source.guard(f": {shown(f'{self.path}/{path}')}"):
            parts = [part.encode() for part in path.split("/") if part not in ("", ".")]
            found = self._resolve(parts, [MOST_LINKS])
            if isinstance(found, self._source.h5py.h5g.GroupID):
                return HDF5Group(self._source, found, f"{self.path}/{path}")
            if isinstance(found, self._source.h5py.h5d.DatasetID):
                return HDF5Dataset(self._source, found, f"{self.path}/{path}")
        return None

    def has_attribute(self, name: str) -> bool:
        """Whether the group has an attribute of that name."""
        with self._source.guard(f": group {shown(self.path or '/')}"):
            return bool(self._source.h5py.h5a.exists(self._id, name.encode()))

    def attribute(self, name: str, most: int) -> bytes | None:
        """Return an attribute of up to ``most`` bytes (uint8), or None if there is none."""
        if not self.has_attribute(name):
            return None
        h5py = self._source.h5py
        with self._source.guard(f": attribute {shown(f'{self.path}/{name}')}"):
            found = h5py.h5a.open(self._id, name.encode())
            shape, kind = found.shape, found.get_type()
            bytes_of = h5py.h5t.py_create(np.dtype(np.uint8))
            if len(shape or ()) != 1 or shape[0] > most or not kind.equal(bytes_of):
                raise self._fail(f"has an attribute {shown(name)} that is not 1 to {most:,} bytes")
            values = np.empty(shape, np.uint8)
            if values.size:
                found.read(values)
        return values.tobytes()

    def _resolve(self, parts: Sequence[bytes], links_left: list[int]) -> Any:
        h5py = self._source.h5py
        place, remaining = self._id, list(parts)
        while remaining:
            part = remaining.pop(0)
            if not isinstance(place, h5py.h5g.GroupID) or not place.links.exists(part):
                return None
            kind = place.links.get_info(part).type
            if kind == h5py.h5l.TYPE_SOFT:
                links_left[0] -= 1
                if links_left[0] < 0:
                    raise self._fail("has links that lead in a circle")
                target = place.links.get_val(part)
                remaining[:0] = [one for one in target.split(b"/") if one not in (b"", b".")]
                if target.startswith(b"/"):
                    self._source.count()
                    place = h5py.h5o.open(place, b"/")
                continue
            if kind != h5py.h5l.TYPE_HARD:
                name = shown(b"/".join((self.path.encode(), *parts)).decode())
                raise self._source.fail(f": {name} is a link to another file: {_OUTSIDE}")
            self._source.count()
            self._source.check_object(place, part, f"{self.path}/{b'/'.join(parts).decode()}")
            place = h5py.h5o.open(place, part)
        return place

    def _decoded(self, name: bytes) -> str:
        try:
            text = name.decode()
        except UnicodeDecodeError:
            text = ""
        if text in ("", ".") or "/" in text:
            raise self._fail(f"has a name that no path can lead to: {name[:80]!r}")
        return text

    def _fail(self, message: str) -> ConfigError:
        return self._source.fail(f": group {shown(self.path or '/')} {message}")
