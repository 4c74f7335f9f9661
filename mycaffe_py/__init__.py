"""Caffe's layers, nets and solvers in Python, with liquid neural nets and gyms as plugins.

``from mycaffe_py import Net, get_solver, TEST`` gives pycaffe's words. Names are loaded when first used, so that the
command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from . import coord_map as coord_map
    from . import draw as draw
    from . import io as io
    from . import proto as proto
    from .blob import Blob as Blob
    from .builder import build_training as build_training
    from .builder import get_solver as get_solver
    from .classifier import Classifier as Classifier
    from .detector import Detector as Detector
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
    from .net_spec import NetSpec as NetSpec
    from .net_spec import layers as layers
    from .net_spec import params as params
    from .net_spec import to_proto as to_proto
    from .plugins import default_registry as default_registry
    from .plugins import load_registry as load_registry
    from .plugins import use_plugins as use_plugins
    from .solver import Solver as Solver
    from .trainer import Trainer as Trainer

_HOME = {
    "Blob": "blob",
    "Classifier": "classifier",
    "Detector": "detector",
    "Device": "device",
    "Filler": "filler",
    "Gym": "gym",
    "Layer": "layer",
    "LossLayer": "loss_layer",
    "Net": "net",
    "NetSpec": "net_spec",
    "Solver": "solver",
    "TEST": "layer",
    "TRAIN": "layer",
    "Trainer": "trainer",
    "build_training": "builder",
    "default_registry": "plugins",
    "get_solver": "builder",
    "hookimpl": "hookspecs",
    "layers": "net_spec",
    "load_registry": "plugins",
    "open_device": "device",
    "params": "net_spec",
    "to_proto": "net_spec",
    "use_plugins": "plugins",
}

_MODULES = ("coord_map", "draw", "io", "proto")

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES})
