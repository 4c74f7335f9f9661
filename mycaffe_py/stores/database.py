"""Reading LMDB databases, each opened once per process however many layers read it."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from mycaffe_py.errors import DataError, MissingFileError, require

LEVELDB_HINT = (
    "copy its records into LMDB with the packages plyvel and lmdb (docs/commands.md shows how), or create "
    "it again from the images with mycaffe convert-imageset"
)

# LMDB allows one environment per file in a process, and a forked process inherits its parent's, which can still be
# read, as nothing is locked: {path: (the database, if alive; its environment)}
_open: dict[str, tuple[weakref.ref[Database], Any]] = {}
_lock = threading.RLock()  # a database may be finalized at any time


def _reset_after_fork() -> None:
    """Start with a free lock in a forked process, where the thread that held it no longer exists."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


class Database:
    """An LMDB database, opened read-only; records are in the order of their keys.

    It is closed when it is no longer used. It should not be written to meanwhile.
    """

    def __init__(self, path: Path, environment: Any):
        self.path, self._environment = path, environment
        self.size: int = environment.stat()["entries"]
        """Number of records."""

    def records(self) -> Records:
        """Return a reader of the records with its own position."""
        return Records(self, self._environment.begin(buffers=False))

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every (key, value), in the order of the keys."""
        records = self.records()
        for index in range(self.size):
            yield records.read(index)


class Records:
    """Reads records by number; sequential reading needs no search."""

    def __init__(self, database: Database, transaction: Any):
        self._database, self._transaction = database, transaction
        self._cursor = transaction.cursor()
        self._next: int | None = None

    def read(self, index: int) -> tuple[bytes, bytes]:
        """Return key and value of record ``index``."""
        try:
            if index != self._next:
                self._seek(index)
            item = self._cursor.item()
            self._next = index + 1 if self._cursor.next() else None
        except require("lmdb", "lmdb").Error as error:
            raise DataError(
                f"{self._database.path} is damaged near record number {index}: {error}"
            ) from error
        return item

    def _seek(self, index: int) -> None:
        # LMDB has no record numbers: walk over the keys, which are adjacent.
        self._cursor.first()
        keys = self._cursor.iternext(keys=True, values=False)
        if next(islice(keys, index, None), None) is None:
            raise DataError(f"{self._database.path} has no record number {index}")


def open_database(path: str | os.PathLike[str]) -> Database:
    """Return the LMDB database at ``path`` (its folder, or the file in it).

    Raises MissingFileError, MissingExtraError without the package lmdb, or DataError for a LevelDB
    database and anything else that is not an LMDB database.
    """
    path = Path(path)
    check_database(path)
    lmdb = require("lmdb", "lmdb")
    key = os.path.realpath(path)
    with _lock:
        database = _open[key][0]() if key in _open else None
        if database is None:
            _close(key)
            options = {"readonly": True, "lock": False, "subdir": path.is_dir()}
            try:
                environment = lmdb.open(os.fspath(path), max_readers=1, **options)
            except lmdb.Error as error:
                raise DataError(f"{path} cannot be opened as an LMDB database: {error}") from error
            try:
                _check_size(path, environment)
                database = Database(path, environment)
            except BaseException:
                environment.close()
                raise
            weakref.finalize(database, _close, key, environment).atexit = False
            _open[key] = weakref.ref(database), environment
    return database


def _check_size(path: Path, environment: Any) -> None:
    """Reject a truncated database: reading beyond the end of the file would kill the process."""
    size = os.path.getsize(_data_file(path))
    whole = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    if size < whole:
        raise DataError(
            f"LMDB database {path} is cut short: its file has {size} bytes of {whole}",
            hint="copy it or create it again",
        )


def _data_file(path: Path) -> Path:
    return path / "data.mdb" if path.is_dir() else path


def _close(key: str, environment: Any = None) -> None:
    """Close the environment open under a key; if ``environment`` is given, only if it is that one."""
    with _lock:
        if key in _open and environment in (None, _open[key][1]):
            _open.pop(key)[1].close()


def check_database(path: Path) -> None:
    """Raise MissingFileError or DataError if there is no LMDB database at ``path``."""
    if not os.path.exists(path):
        raise MissingFileError(f"database {path} does not exist")
    if _data_file(path).is_file():
        if not os.path.getsize(_data_file(path)):
            raise DataError(f"{path} is not an LMDB database: {_data_file(path)} is empty")
        return
    if (path / "CURRENT").is_file():
        raise DataError(
            f"{path} is a LevelDB database, but only LMDB is supported", hint=LEVELDB_HINT
        )
    raise DataError(
        f"{path} is not an LMDB database: there is no data.mdb in it",
        hint="mycaffe convert-imageset creates one from images",
    )
