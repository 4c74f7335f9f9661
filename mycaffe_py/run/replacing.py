"""Replacing small files often: atomic for readers, but not safe against a power failure, which costs no time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> bool:
    """Write ``data`` to a temporary file beside ``path`` and rename it; a reader sees the old or the new content.

    Returns False if another program has the file open in a way that forbids it (on Windows); raises OSError
    if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        if (
            isinstance(error, PermissionError)
            and path.is_file()
            and os.access(path.parent, os.W_OK)
        ):
            return False
        raise
    return True
