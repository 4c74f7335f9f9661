"""Caffe's layers, nets and solvers in Python, with liquid neural nets and gyms as plugins.

``from mycaffe_py import Net, get_solver, TEST`` gives pycaffe's words. Names are loaded when first used, so that the
command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .blob import Blob as Blob
    from .builder import build_training as build_training
    from .builder import get_solver as get_solver
    from .device import Device as Device
    from .device import open_device as open_device
    from .filler import Filler as Filler
    from .gym import Gym as Gym
    from .hookspecs import hookimpl as hookimpl
    from .layer import TEST as TEST
    from .layer import TRAIN as TRAIN
    from .layer import Layer as Layer
    from .loss_layer import LossLayer as LossLayer
    from .net import Net as Net
    from .plugins import default_registry as default_registry
    from .plugins import load_registry as load_registry
    from .plugins import use_plugins as use_plugins
    from .solver import Solver as Solver
    from .trainer import Trainer as Trainer

_HOME = {
    "Blob": "blob",
    "Device": "device",
    "Filler": "filler",
    "Gym": "gym",
    "Layer": "layer",
    "LossLayer": "loss_layer",
    "Net": "net",
    "Solver": "solver",
    "TEST": "layer",
    "TRAIN": "layer",
    "Trainer": "trainer",
    "build_training": "builder",
    "default_registry": "plugins",
    "get_solver": "builder",
    "hookimpl": "hookspecs",
    "load_registry": "plugins",
    "open_device": "device",
    "use_plugins": "plugins",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
