"""pycaffe's modules and classes, for code written for Caffe's Python interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .classifier import Classifier as Classifier
    from .detector import Detector as Detector
    from .modes import (
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
    from .net_spec import (
        NetSpec as NetSpec,
        layers as layers,
        params as params,
        to_proto as to_proto,
    )
    from .solvers import (
        AdaDeltaSolver as AdaDeltaSolver,
        AdaGradSolver as AdaGradSolver,
        AdamSolver as AdamSolver,
        AdamWSolver as AdamWSolver,
        NesterovSolver as NesterovSolver,
        RMSPropSolver as RMSPropSolver,
        SGDSolver as SGDSolver,
        SolverOfType as SolverOfType,
    )
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        classifier="Classifier",
        detector="Detector",
        modes="NCCL Timer has_nccl init_log layer_type_list log set_device set_mode_cpu "
        "set_mode_gpu set_multiprocess set_random_seed set_solver_count set_solver_rank "
        "solver_count solver_rank",
        net_spec="NetSpec layers params to_proto",
        solvers="AdaDeltaSolver AdaGradSolver AdamSolver AdamWSolver NesterovSolver RMSPropSolver "
        "SGDSolver SolverOfType",
    )
