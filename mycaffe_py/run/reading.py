"""Reading the JSON files of a run folder, which other programs, other versions or people may have changed."""

from __future__ import annotations

import json
import math
import re
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

Kinds = Mapping[str, Any]
"""Field -> what it must be: a type, or the kinds of the fields that an object must have."""

NUMBER = (int, float)
TEXTS = list[str]
"""The kind of a list of texts."""
_MOST = 2**64
_LARGEST = 2**26  # bytes


def read_fields(path: Path, kinds: Kinds) -> dict[str, Any]:
    """Return the fields of the object in a JSON file; empty if it cannot be read.

    A field of ``kinds`` that is of another kind is left out, and so are numbers that are not finite. What is no regular
    file, such as a pipe, or far larger than any that a run writes, is not read.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            return {}
        return of_kinds(parse(path.read_bytes()), kinds)
    except (OSError, ValueError):  # ValueError: the path contains a null character
        return {}


def parse(text: str | bytes) -> Any:
    """Return the value of a JSON text; None if it is not JSON.

    Half characters, which JSON can express, are replaced; those that stand for the bytes of a file's name are kept.
    """
    try:
        value = json.loads(text)
        return whole_characters(value) if _half_characters(text) else value
    except (ValueError, RecursionError):
        return None


_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def _half_characters(text: str | bytes) -> bool:
    lower = text.lower()
    return b"\\ud" in lower if isinstance(lower, bytes) else "\\ud" in lower


def whole_characters(value: Any) -> Any:
    """Return a JSON value whose texts have no half characters, which could not be written or shown."""
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {whole_characters(key): whole_characters(item) for key, item in value.items()}
    return value


def of_kinds(fields: Any, kinds: Kinds) -> dict[str, Any]:
    """Return the fields that are of their kinds or of no known kind; empty if this is no object.

    An object inside that lacks a field is None.
    """
    if not isinstance(fields, dict):
        return {}
    good = {}
    for name, value in fields.items():
        kind = kinds.get(name)
        if isinstance(kind, Mapping):
            value = of_kinds(value, kind)
            value = value if kind.keys() <= value.keys() else None
        elif value is not None and not is_kind(value, kind):
            continue
        good[name] = value
    return good


def is_kind(value: Any, kind: Any) -> bool:
    """Whether a value is of a kind: a type, ``datetime`` for an ISO time, None for any; never what is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if kind is datetime:
        return _is_time(value)
    if kind in (int, NUMBER) and isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < _MOST
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return kind is None or isinstance(value, kind)


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def numbers(values: Any) -> dict[str, Any]:
    """Return the values of an object that are finite numbers or None; empty if this is no object."""
    values = values if isinstance(values, dict) else {}
    return {name: each for name, each in values.items() if each is None or is_kind(each, NUMBER)}
