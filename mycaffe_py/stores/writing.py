"""Writing LMDB databases, completely or not at all, and never over an existing one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mycaffe_py.durable import HiddenFolder
from mycaffe_py.errors import ConfigError, OutputError, require
from mycaffe_py.leftovers import remove_leftovers

from .database import LEVELDB_HINT

RECORDS_PER_COMMIT = 1000
_FIRST_SIZE = 1 << 26


def check_backend(backend: str) -> None:
    """Raise ConfigError unless ``backend`` is LMDB."""
    if backend.lower() == "leveldb":
        raise ConfigError("LevelDB databases are not supported", hint=LEVELDB_HINT)
    if backend.lower() != "lmdb":
        raise ConfigError(f'unknown database backend "{backend}"', hint="valid: lmdb")


class DatabaseWriter:
    """Writes a new LMDB database; use it in a ``with`` statement.

    The records go into a hidden folder beside ``path``, which is renamed to it when the block ends
    and removed if it ends with an exception. ``put`` commits every 1000 records, and the database
    grows as it needs to. Raises OutputError if ``path`` exists or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.size = 0
        """Number of records written."""
        self._lmdb = require("lmdb", "lmdb")
        self._pending: list[tuple[bytes, bytes]] = []
        self._environment: Any = None
        self._folder: Any = None
        self.check_free()

    def check_free(self) -> None:
        """Raise OutputError if ``path`` already exists."""
        if os.path.lexists(self.path):
            raise OutputError(
                f"{self.path} already exists", hint="remove it first, or choose another name"
            )

    def __enter__(self) -> DatabaseWriter:
        try:
            remove_leftovers(self.path.parent)
            self._folder = HiddenFolder(self.path)
            self._map_size = _FIRST_SIZE
            name = os.fspath(self._folder.path)
            self._environment = self._lmdb.open(name, map_size=self._map_size)
        except (OSError, self._lmdb.Error) as error:
            self._discard()
            if isinstance(error, FileExistsError | NotADirectoryError):
                above = next(place for place in self.path.parents if os.path.isfile(place))
                error = OutputError(f"cannot write {self.path}: {above} is a file, not a folder")
            raise self._failed(error) from error
        return self

    def put(self, key: bytes, value: bytes) -> None:
        """Add a record, or replace the one with this key."""
        self._pending.append((key, value))
        self.size += 1
        if len(self._pending) == RECORDS_PER_COMMIT:
            self._commit()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            if kind is None:
                self._commit()
                self._environment.sync(True)
                self._environment.close()
                self.check_free()
                (self._folder.path / "lock.mdb").unlink(missing_ok=True)
                self._folder.publish()
        except (OSError, self._lmdb.Error) as failure:
            raise self._failed(failure) from failure
        finally:
            self._discard()

    def _commit(self) -> None:
        while self._pending:
            try:
                with self._environment.begin(write=True) as transaction:
                    for key, value in self._pending:
                        transaction.put(key, value)
            except self._lmdb.MapFullError:
                self._map_size *= 2
                self._environment.set_mapsize(self._map_size)
            except self._lmdb.Error as error:
                raise self._failed(error) from error
            else:
                self._pending.clear()

    def _discard(self) -> None:
        if self._environment is not None:
            self._environment.close()
        if self._folder is not None:
            self._folder.discard()

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, OutputError):
            return error
        return OutputError(f"cannot write {self.path}: {getattr(error, 'strerror', '') or error}")
