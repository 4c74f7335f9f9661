"""Signatures of what a run's record says, which only the user's own processes can make.

Whoever prepares a run folder for others can write anything into its record, also a path that is right on every machine.
A signature needs the user's key, a file of random bytes in their home folder that no run contains.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mycaffe_py.durable import hidden_name, sync_file, sync_folder

_BYTES = 32


def signature(*values: str | Sequence[str]) -> str | None:
    """Return the signature of texts and lists of texts; the key is made if there is none. None if it cannot be."""
    key = _key() or _new_key()
    return None if key is None else _signed(key, values)


def is_signed(given: object, *values: str | Sequence[str]) -> bool:
    """Whether ``given`` is the signature of these values, made with the user's key."""
    key = _key()
    if key is None or not isinstance(given, str) or not given.isascii():
        return False
    return hmac.compare_digest(given, _signed(key, values))


def _signed(key: bytes, values: Sequence[str | Sequence[str]]) -> str:
    return hmac.new(key, json.dumps(values).encode(), hashlib.sha256).hexdigest()


def _path() -> Path:
    """Return the key's place; RuntimeError if the user has no home folder."""
    set_folder = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_STATE_HOME", "")
    base = Path(set_folder) if os.path.isabs(set_folder) else Path.home() / ".local" / "state"
    return base / "mycaffe-py" / "run-key"


def _key() -> bytes | None:
    try:
        found = _path().read_bytes()
    except (OSError, RuntimeError):
        return None
    return found if len(found) == _BYTES else None


def _new_key() -> bytes | None:
    """Make the key, on the disk before it has its name; return it, or that of a process that was faster."""
    with suppress(OSError, RuntimeError):  # the folder cannot be written
        path = _path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if not path.stat().st_size:
                path.unlink()  # a power failure left nothing of it
        temporary = hidden_name(path)
        try:
            number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(number, "wb") as file:
                file.write(secrets.token_bytes(_BYTES))
                file.flush()
                sync_file(file.fileno())
            _name_once(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink()
        sync_folder(path.parent)
    return _key()


def _name_once(temporary: Path, path: Path) -> None:
    """Rename a file unless there is one of that name; raises OSError."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            os.replace(temporary, path)
