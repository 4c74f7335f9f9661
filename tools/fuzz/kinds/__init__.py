"""The kinds of input, each in a module of its name."""

from __future__ import annotations

import importlib

from tools.fuzz.case import Kind

NAMES = ("prototxt", "weights", "states", "hdf5", "lmdb", "tables", "images", "commands")


def kind_named(name: str) -> Kind:
    """Return a kind; imports what it needs. ``module:NAME`` is a kind of another module, for tests."""
    module, colon, attribute = name.partition(":")
    if colon:
        return getattr(importlib.import_module(module), attribute)
    if name not in NAMES:
        raise SystemExit(f'there is no kind "{name}"; kinds: {", ".join(NAMES)}')
    return importlib.import_module(f"tools.fuzz.kinds.{name}").KIND
