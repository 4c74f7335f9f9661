"""Caffe's layers, nets and solvers in Python, with liquid neural nets and gyms as plugins.

``from mycaffe_py import Net, get_solver, TEST`` gives pycaffe's words. Names are loaded when first used, so that the
command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from . import classifier as classifier
    from . import coord_map as coord_map
    from . import detector as detector
    from . import draw as draw
    from . import io as io
    from . import net_spec as net_spec
    from . import proto as proto
    from . import pycaffe as pycaffe
    from .as_caffe import install_as_caffe as install_as_caffe
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
    from .pycaffe import NCCL as NCCL
    from .pycaffe import Timer as Timer
    from .pycaffe import has_nccl as has_nccl
    from .pycaffe import init_log as init_log
    from .pycaffe import layer_type_list as layer_type_list
    from .pycaffe import log as log
    from .pycaffe import set_device as set_device
    from .pycaffe import set_mode_cpu as set_mode_cpu
    from .pycaffe import set_mode_gpu as set_mode_gpu
    from .pycaffe import set_multiprocess as set_multiprocess
    from .pycaffe import set_random_seed as set_random_seed
    from .pycaffe import set_solver_count as set_solver_count
    from .pycaffe import set_solver_rank as set_solver_rank
    from .pycaffe import solver_count as solver_count
    from .pycaffe import solver_rank as solver_rank
    from .pycaffe_solvers import AdaDeltaSolver as AdaDeltaSolver
    from .pycaffe_solvers import AdaGradSolver as AdaGradSolver
    from .pycaffe_solvers import AdamSolver as AdamSolver
    from .pycaffe_solvers import AdamWSolver as AdamWSolver
    from .pycaffe_solvers import NesterovSolver as NesterovSolver
    from .pycaffe_solvers import RMSPropSolver as RMSPropSolver
    from .pycaffe_solvers import SGDSolver as SGDSolver
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
    "install_as_caffe": "as_caffe",
    "load_registry": "plugins",
    "open_device": "device",
    "use_plugins": "plugins",
    # pycaffe: modes, logging, timing
    "NCCL": "pycaffe",
    "Timer": "pycaffe",
    "has_nccl": "pycaffe",
    "init_log": "pycaffe",
    "layer_type_list": "pycaffe",
    "log": "pycaffe",
    "set_device": "pycaffe",
    "set_mode_cpu": "pycaffe",
    "set_mode_gpu": "pycaffe",
    "set_multiprocess": "pycaffe",
    "set_random_seed": "pycaffe",
    "set_solver_count": "pycaffe",
    "set_solver_rank": "pycaffe",
    "solver_count": "pycaffe",
    "solver_rank": "pycaffe",
    # pycaffe: solvers by type
    "AdaDeltaSolver": "pycaffe_solvers",
    "AdaGradSolver": "pycaffe_solvers",
    "AdamSolver": "pycaffe_solvers",
    "AdamWSolver": "pycaffe_solvers",
    "NesterovSolver": "pycaffe_solvers",
    "RMSPropSolver": "pycaffe_solvers",
    "SGDSolver": "pycaffe_solvers",
    # pycaffe: nets written in Python, classifying images
    "Classifier": "classifier",
    "Detector": "detector",
    "NetSpec": "net_spec",
    "layers": "net_spec",
    "params": "net_spec",
    "to_proto": "net_spec",
}

_MODULES = (
    "classifier",
    "coord_map",
    "detector",
    "draw",
    "io",
    "net_spec",
    "proto",
    "pycaffe",
)

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
