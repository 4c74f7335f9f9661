"""Files of weights (.caffemodel) and solver states (.solverstate), in Caffe's formats."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "LoadReport": "caffemodel",
    "RestoreReport": "restoring",
    "atomic_write": "atomic",
    "check_format": "solverstate",
    "check_snapshot": "restoring",
    "check_target": "atomic",
    "check_writable": "solverstate",
    "load_weights": "caffemodel",
    "net_to_proto": "caffemodel",
    "restore": "restoring",
    "save_snapshot": "solverstate",
    "save_state": "solverstate",
    "save_weights": "caffemodel",
    "snapshot_paths": "solverstate",
    "split_paths": "caffemodel",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
