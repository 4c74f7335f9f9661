"""From files to nets, solvers, trainers and gyms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .checking import check_files as check_files
    from .sources import (
        TRAIN_NET_FIELDS as TRAIN_NET_FIELDS,
        load_model as load_model,
        load_solver_file as load_solver_file,
    )
    from .training import (
        Training as Training,
        build_training as build_training,
        get_solver as get_solver,
        gym_seed as gym_seed,
    )
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        checking="check_files",
        sources="TRAIN_NET_FIELDS load_model load_solver_file",
        training="Training build_training get_solver gym_seed",
    )
