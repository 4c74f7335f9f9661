"""Caffe's layers, nets and solvers in Python, with liquid neural nets and gyms as plugins.

``from mycaffe_py import Net, get_solver, TEST`` gives pycaffe's words. Names are loaded when first used, so that the
command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .aliases import keep_former_names
from .version import __version__

keep_former_names()

if TYPE_CHECKING:
    from .as_caffe import install_as_caffe as install_as_caffe
    from .blob.blob import Blob as Blob
    from .builder.training import build_training as build_training, get_solver as get_solver
    from .device.device import Device as Device, open_device as open_device
    from .gym import Gym as Gym
    from .layer.filler import Filler as Filler
    from .layer.layer import TEST as TEST, TRAIN as TRAIN, Layer as Layer
    from .layer.loss_layer import LossLayer as LossLayer
    from .net.net import Net as Net
    from .plugins.hookspecs import hookimpl as hookimpl
    from .plugins.registry import (
        default_registry as default_registry,
        load_registry as load_registry,
        use_plugins as use_plugins,
    )
    from .pycaffe import (
        classifier as classifier,
        coord_map as coord_map,
        detector as detector,
        draw as draw,
        io as io,
        modes as pycaffe,
        net_spec as net_spec,
        proto as proto,
    )
    from .pycaffe.classifier import Classifier as Classifier
    from .pycaffe.detector import Detector as Detector
    from .pycaffe.modes import (
        NCCL as NCCL,
        Timer as Timer,
        has_nccl as has_nccl,
        init_log as init_log,
        layer_type_list as layer_type_list,
        log as log,
        set_device as set_device,
        set_mode_cpu as set_mode_cpu,
        set_mode_gpu as set_mode_gpu,
        set_multiprocess as set_multiprocess,
        set_random_seed as set_random_seed,
        set_solver_count as set_solver_count,
        set_solver_rank as set_solver_rank,
        solver_count as solver_count,
        solver_rank as solver_rank,
    )
    from .pycaffe.net_spec import (
        NetSpec as NetSpec,
        layers as layers,
        params as params,
        to_proto as to_proto,
    )
    from .pycaffe.solvers import (
        AdaDeltaSolver as AdaDeltaSolver,
        AdaGradSolver as AdaGradSolver,
        AdamSolver as AdamSolver,
        AdamWSolver as AdamWSolver,
        NesterovSolver as NesterovSolver,
        RMSPropSolver as RMSPropSolver,
        SGDSolver as SGDSolver,
    )
    from .solver.solver import Solver as Solver
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
