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
    from .net_methods import (
        Net as Net,
        OrderedDict as OrderedDict,
        _Net_backward as _Net_backward,
        _Net_batch as _Net_batch,
        _Net_blob_loss_weights as _Net_blob_loss_weights,
        _Net_blobs as _Net_blobs,
        _Net_forward as _Net_forward,
        _Net_forward_all as _Net_forward_all,
        _Net_forward_backward_all as _Net_forward_backward_all,
        _Net_get_id_name as _Net_get_id_name,
        _Net_inputs as _Net_inputs,
        _Net_layer_dict as _Net_layer_dict,
        _Net_outputs as _Net_outputs,
        _Net_params as _Net_params,
        _Net_set_input_arrays as _Net_set_input_arrays,
        caffe as caffe,
        izip_longest as izip_longest,
        np as np,
        six as six,
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
        net_methods="Net OrderedDict _Net_backward _Net_batch _Net_blob_loss_weights _Net_blobs "
        "_Net_forward _Net_forward_all _Net_forward_backward_all _Net_get_id_name "
        "_Net_inputs _Net_layer_dict _Net_outputs _Net_params _Net_set_input_arrays caffe "
        "izip_longest np six",
        net_spec="NetSpec layers params to_proto",
        solvers="AdaDeltaSolver AdaGradSolver AdamSolver AdamWSolver NesterovSolver RMSPropSolver "
        "SGDSolver SolverOfType",
    )
    # What "from caffe.pycaffe import *" gives: no names that begin with _, nor what may be missing.
    __all__ = [name for name in __all__ if name not in ("caffe", "six") and name[0] != "_"]
