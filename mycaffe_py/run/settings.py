"""The settings that a run saves, usable from any folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_NETS = ("net", "train_net", "test_net", "weights")
_OF_LAYERS = ("source", "mean_file", "root_folder")


def without_blobs(message: Any) -> Any:
    """Return a net's message without the values of its blobs, which it has if read from a .caffemodel."""
    if not any(layer.blobs for layer in message.layer):
        return message
    copy = type(message)()
    copy.CopyFrom(message)
    for layer in copy.layer:
        layer.ClearField("blobs")
    return copy


def with_absolute_paths(document: Any) -> Any:
    """Return a solver's or net's message with the files that it names written as absolute paths.

    A string field names a file if it is called ``net``, ``train_net``, ``test_net``, ``weights``,
    ``source``, ``root_folder``, ``file`` or ``<something>_file``. A name that is not that of an existing file,
    such as a shipped model's, is kept.
    """
    message = type(document.message)()
    message.CopyFrom(document.message)
    beside = Path(document.filename).resolve().parent if document.text else Path.cwd()
    _rewrite(message, beside)
    return message


def _rewrite(message: Any, beside: Path) -> None:
    for field, value in message.ListFields():
        several = not isinstance(value, str | bytes) and hasattr(value, "__len__")
        if field.message_type is not None:
            for inner in value if several else [value]:
                _rewrite(inner, beside)
        elif field.name in (*_NETS, *_OF_LAYERS) or f"_{field.name}".endswith("_file"):
            # Nets and files that layers read are looked for in the current folder first, other files
            # beside the solver.
            here_first = field.name in (*_NETS, *_OF_LAYERS)
            places = [Path.cwd(), beside] if here_first else [beside, Path.cwd()]
            if isinstance(value, str):
                setattr(message, field.name, _absolute(value, places))
            elif several and all(isinstance(name, str) for name in value):
                value[:] = [_absolute(name, places) for name in value]


def _absolute(name: str, places: list[Path]) -> str:
    whole = _found(name, places)
    if whole or "," not in name:
        return whole or name
    return ",".join(_found(part.strip(), places) or part.strip() for part in name.split(","))


def _found(name: str, places: list[Path]) -> str | None:
    if not name or os.path.isabs(name):
        return name or None
    slash = "/" if name.endswith("/") else ""  # in a root_folder
    return next(
        (f"{place / name}{slash}" for place in places if os.path.exists(place / name)), None
    )
