"""Replacing small files often: atomic for readers, but not safe against a power failure, which costs no time."""

from __future__ import annotations

import os
from pathlib import Path

from mycaffe_py.durable import replacing


def replace_file(path: Path, data: bytes) -> bool:
    """Write ``data`` to a temporary file beside ``path`` and rename it; a reader sees the old or the new content.

    Returns False if another program has the file open in a way that forbids it (on Windows); raises OSError
    if it cannot be written.
    """
    try:
        with replacing(path, to_disk=False) as file:
            file.write(data)
    except OSError as error:
        if (
            isinstance(error, PermissionError)
            and os.path.isfile(path)
            and os.access(path.parent, os.W_OK)
        ):
            return False
        raise
    return True
