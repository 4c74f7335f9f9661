"""From files to nets, solvers, trainers and gyms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .checking import check_files as check_files
    from .mycaffe_trainer import Property as Property, trainer_properties as trainer_properties
    from .observers import (
        add_observers as add_observers,
        build_observers as build_observers,
        check_observers as check_observers,
    )
    from .solver_checks import check_solver_text as check_solver_text
    from .sources import (
        TRAIN_NET_FIELDS as TRAIN_NET_FIELDS,
        load_model as load_model,
        load_solver_file as load_solver_file,
    )
    from .states import meant_states as meant_states
    from .text_checks import (
        CheckedText as CheckedText,
        check_net as check_net,
        check_net_text as check_net_text,
        read_text as read_text,
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
        mycaffe_trainer="Property trainer_properties",
        observers="add_observers build_observers check_observers",
        solver_checks="check_solver_text",
        sources="TRAIN_NET_FIELDS load_model load_solver_file",
        states="meant_states",
        text_checks="CheckedText check_net check_net_text read_text",
        training="Training build_training get_solver gym_seed",
    )
