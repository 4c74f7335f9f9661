"""LabelMap files: the names of classes and their numbers."""

from __future__ import annotations

import os

from mycaffe_py.errors import DataError
from mycaffe_py.plugins import default_registry


def read_label_map(path: str | os.PathLike[str], strict: bool = False) -> dict[str, int]:
    """Return {name: class} of a LabelMap as text; of a name that is there twice, the first.

    ``strict``: such a name, or two names for a class, is a DataError.
    """
    message = default_registry().schema.parse_file(path, "LabelMap").message
    found: dict[str, int] = {}
    labels = set[int]()
    for item in message.item:
        if strict and (item.name in found or item.label in labels):
            raise DataError(
                f'{os.fspath(path)} has the name "{item.name}" or class {item.label} twice'
            )
        found.setdefault(item.name, item.label)
        labels.add(item.label)
    if not found:
        raise DataError(
            f"{os.fspath(path)} names no class", hint='a class is item { name: "cat" label: 1 }'
        )
    return found
