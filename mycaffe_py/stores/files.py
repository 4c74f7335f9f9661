"""Reading whole files, with uniform errors for those that cannot be read."""

from __future__ import annotations

import os

from mycaffe_py.device.memory_limits import require_memory_for_file
from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.reading import read_bytes as read_file


def read_bytes(path: str | os.PathLike[str], what: str) -> bytes:
    """Return the content of a file; ``what`` describes it in errors.

    Raises MissingFileError if it does not exist, and DataError if it cannot be read.
    """
    name = f"{what} {os.fspath(path)}"
    require_memory_for_file(path)
    try:
        return read_file(path)
    except FileNotFoundError as error:
        raise MissingFileError(f"{name} does not exist") from error
    except OSError as error:
        raise DataError(f"cannot read {name}: {error.strerror or error}") from error
