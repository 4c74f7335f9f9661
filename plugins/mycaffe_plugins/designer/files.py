"""The files of a project as they are on disk: exact text, and a mark by which a change is noticed."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from mycaffe_py.weights import atomic_write

from .faults import Fault
from .guard import LARGEST_BODY

BOM = "\ufeff"
_writing = threading.Lock()


def etag_of(data: bytes) -> str:
    """Return the mark of a file's content."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Return a file's content; refuses one that is missing, no file, or too large to be edited."""
    try:
        if not os.path.isfile(path):
            raise Fault(404, f"{path.name} does not exist")
        if path.stat().st_size > LARGEST_BODY:
            raise Fault(422, f"{path.name} is larger than {LARGEST_BODY // 2**20} MB")
        return path.read_bytes()
    except OSError as error:
        raise Fault(422, f"{path.name} cannot be read: {error.strerror or error}") from error


def as_text(path: Path, data: bytes) -> str:
    """Return the exact text: line ends as they are, a byte order mark as its first character."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault(
            422, f"{path.name} is not text in UTF-8 (byte {error.start})", "save it as UTF-8"
        ) from None


def read_file(path: Path) -> dict[str, Any]:
    """Return text, mark, name, and whether it may not be written."""
    data = read_bytes(path)
    text = as_text(path, data)
    return {
        "text": text,
        "etag": etag_of(data),
        "name": path.name,
        "readonly": is_read_only(path),
        "bom": text.startswith(BOM),
    }


def is_read_only(path: Path) -> bool:
    """Whether a file is marked read-only, or may not be replaced by this user."""
    if not os.path.exists(path):
        return not os.access(path.parent, os.W_OK)
    marked = not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    return marked or not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK)


def write_file(path: Path, text: str, etag: str | None) -> str:
    """Replace a file's content if it still is what ``etag`` says (None: it does not exist); return the new mark.

    If another program changed the file, its text and mark come with the refusal, status 409.
    """
    with _writing:
        now = read_bytes(path) if os.path.exists(path) else None
        if etag != (None if now is None else etag_of(now)):
            raise _changed(path, now)
        if is_read_only(path):
            raise Fault(403, "Not saved: the file is read-only.", f"{path.name} is marked so")
        mode = stat.S_IMODE(path.stat().st_mode) if now is not None else None
        data = text.encode("utf-8")
        if data != now:
            atomic_write(path, data)
            if mode is not None:
                with suppress(OSError):  # a file system without modes
                    path.chmod(mode)
        return etag_of(data)


def _changed(path: Path, now: bytes | None) -> Fault:
    if now is None:
        return Fault(409, f"{path.name} was removed by another program.", text=None, etag=None)
    text = as_text(path, now)
    message = f"{path.name} was changed by another program."
    return Fault(409, message, text=text, etag=etag_of(now))
