"""Reading LMDB databases by code of our own, so that no file, however damaged, can end the process.

LMDB's library maps the file: where a page is damaged, or the file is cut short while it is read, it aborts or
the system kills the process. It also trusts what the pages say. Only writing uses it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.reading import broken_link
from mycaffe_py.visible import visible_line

from .data_file import DataFile
from .lmdb_layout import damaged
from .lmdb_tree import Leaf, Tree

LEVELDB_HINT = (
    "copy its records into LMDB with the packages plyvel and lmdb (docs/commands.md shows how), or create "
    "it again from the images with mycaffe convert-imageset"
)
_LONGEST_KEY = 80
_LOOK_EVERY = 16  # pages, which takes about a hundredth of the time of reading them
_NO_LEAF = Leaf(0, b"", ())


class Database:
    """An LMDB database as it was when it was opened; records are in the order of their keys.

    It is closed when it is no longer used. Writing to it meanwhile is an error once pages may have changed.
    """

    def __init__(self, path: Path, tree: Tree):
        self.path, self._tree = path, tree
        self.size = tree.meta.entries
        """Number of records."""

    def records(self) -> Records:
        """Return a reader of the records with its own position."""
        return Records(self.path, self._tree)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every (key, value), in the order of the keys."""
        records = self.records()
        for index in range(self.size):
            yield records.read(index)


class Records:
    """Reads records by number; sequential reading needs no search. For one thread at a time."""

    def __init__(self, path: Path, tree: Tree):
        self._path, self._tree = path, tree
        self._next: int | None = None
        self._leaf, self._slot = _NO_LEAF, 0
        self._key: bytes | None = None

    def read(self, index: int) -> tuple[bytes, bytes]:
        """Return key and value of record ``index``.

        Raises DataError if there is no such record, or if it or the way to it is damaged, cut short, unreadable, or
        was written to.
        """
        going_on, self._next = index == self._next, None
        if not going_on:
            self._seek(index)
        elif self._slot == len(self._leaf.places):
            self._slot = 0
            self._turn()
        key, value = self._tree.record(self._leaf, self._slot)
        if self._key is not None and key <= self._key:
            raise damaged(self._tree.file, f"the keys of page {self._leaf.number} are not in order")
        self._slot += 1
        if self._tree.meta.ordered:
            self._key = key
        if index + 1 == self._tree.meta.entries:
            self._require_end()
        self._next = index + 1
        return key, value

    def _seek(self, index: int) -> None:
        # LMDB has no record numbers: count the entries of the pages before.
        entries = self._tree.meta.entries
        if not 0 <= index < entries:
            raise DataError(f"{self._path} has no record number {index}")
        self._tree.check_unchanged()
        self._pages, self._turned = self._tree.leaves(), 0
        self._leaf, self._slot = _NO_LEAF, index
        self._key = None
        while self._slot >= len(self._leaf.places):
            self._slot -= len(self._leaf.places)
            self._turn()

    def _turn(self) -> None:
        """Go on to the next page."""
        self._turned += 1
        if self._turned % _LOOK_EVERY == 0:
            self._tree.check_unchanged()
        self._leaf = next(self._pages, _NO_LEAF)
        if self._leaf is _NO_LEAF:
            raise self._miscounted("fewer")

    def _require_end(self) -> None:
        self._tree.check_unchanged()
        if self._slot < len(self._leaf.places) or next(self._pages, None) is not None:
            raise self._miscounted("more")

    def _miscounted(self, how: str) -> DataError:
        entries = self._tree.meta.entries
        return damaged(
            self._tree.file, f"it says that it has {entries} records, and {how} are in its pages"
        )


def record_name(number: int, key: bytes) -> str:
    """Return ``record 3 (key "00000003_cat.png")`` for messages, whatever bytes the key has; without it if empty."""
    if not key:
        return f"record {number}"
    shown = visible_line(key[:_LONGEST_KEY].decode(errors="backslashreplace"))
    return f'record {number} (key "{shown}{"..." if len(key) > _LONGEST_KEY else ""}")'


def open_database(path: str | os.PathLike[str]) -> Database:
    """Return the LMDB database at ``path`` (its folder, or the file in it).

    What it says of itself is compared with its file; pages are checked when they are read. Raises
    MissingFileError, or DataError for a LevelDB database and anything else that is not an LMDB database.
    """
    path = Path(path)
    return Database(path, Tree(DataFile(_data_file(path), "LMDB database")))


def _data_file(path: Path) -> Path:
    """Return the file of the database at ``path``; MissingFileError or DataError if there is none."""
    if not os.path.exists(path):
        link = broken_link(path)
        raise MissingFileError(f"database {path} {f'is {link}' if link else 'does not exist'}")
    if not os.path.isdir(path):
        return path
    data = path / "data.mdb"
    if os.path.lexists(data):
        return data
    if os.path.isfile(path / "CURRENT"):
        raise DataError(
            f"{path} is a LevelDB database, but only LMDB is supported", hint=LEVELDB_HINT
        )
    raise DataError(
        f"{path} is not an LMDB database: there is no data.mdb in it",
        hint="mycaffe convert-imageset creates one from images",
    )
