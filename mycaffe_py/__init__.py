"""Caffe's layers, nets and solvers in Python, with liquid neural nets and gyms as plugins.

``from mycaffe_py import Net, get_solver, TEST`` works as with pycaffe. Where to begin:

- ``Net("model.prototxt", phase=TEST, weights="net.caffemodel")`` runs a net; its arrays are in
  ``net.blobs`` and ``net.params``.
- ``get_solver("solver.prototxt").step(100)`` trains one, with the gym that the solver file asks for.
- ``Layer``, ``Solver``, ``Filler``, ``LrPolicy``, ``Gym``, ``Trainer``, ``Observer`` and ``hookimpl`` are for
  plugins, which ``mycaffe_py.testing`` checks.

Names are loaded when first used, so that the command line starts fast.
"""

import sys

# ``python -m mycaffe_py`` puts the current folder before all other places for modules. This is the first code of ours
# that runs then: nothing may be imported before, as a file such as typing.py in that folder would be executed.
if (
    sys.argv[:1] == ["-m"]
    and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))
    and sys.orig_argv[-len(sys.argv)].rpartition("-m")[2].partition(".")[0] == "mycaffe_py"
):
    del sys.path[0]

from typing import TYPE_CHECKING

from .aliases import keep_former_names
from .lazy import lazy_names
from .version import __version__ as __version__

keep_former_names()

if TYPE_CHECKING:
    from . import pycaffe as pycaffe
    from .as_caffe import install_as_caffe as install_as_caffe
    from .blob.blob import Blob as Blob
    from .builder.training import build_training as build_training, get_solver as get_solver
    from .device.device import Device as Device, open_device as open_device
    from .events.observer import Observer as Observer
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
        _caffe as _caffe,
        classifier as classifier,
        coord_map as coord_map,
        detector as detector,
        draw as draw,
        io as io,
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
    from .solver.lr_policy import LrPolicy as LrPolicy
    from .solver.solver import Solver as Solver
    from .trainer.trainer import Trainer as Trainer

else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        modules="pycaffe pycaffe._caffe pycaffe.classifier pycaffe.coord_map pycaffe.detector pycaffe.draw "
        "pycaffe.io pycaffe.net_spec pycaffe.proto",
        as_caffe="install_as_caffe",
        blob="Blob",
        builder="build_training get_solver",
        device="Device open_device",
        events="Observer",
        gym="Gym",
        layer="Filler Layer LossLayer TEST TRAIN",
        net="Net",
        plugins="default_registry hookimpl load_registry use_plugins",
        pycaffe="AdaDeltaSolver AdaGradSolver AdamSolver AdamWSolver Classifier Detector NCCL NesterovSolver NetSpec "
        "RMSPropSolver SGDSolver Timer has_nccl init_log layer_type_list layers log params set_device "
        "set_mode_cpu set_mode_gpu set_multiprocess set_random_seed set_solver_count set_solver_rank "
        "solver_count solver_rank to_proto",
        solver="LrPolicy Solver",
        trainer="Trainer",
    )
    __all__ = ["__version__", *__all__]
