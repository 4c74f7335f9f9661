"""Reading whole files, with one wording for those that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

from mycaffe_py.errors import DataError, MissingFileError


def read_bytes(path: str | os.PathLike[str], what: str) -> bytes:
    """Return the content of a file; ``what`` says in errors what it should be.

    Raises MissingFileError if it is not there, and DataError if it cannot be read.
    """
    name = f"{what} {os.fspath(path)}"
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError(f"{name} does not exist") from error
    except OSError as error:
        raise DataError(f"cannot read {name}: {error.strerror or error}") from error
