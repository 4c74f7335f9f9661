"""Solver: Caffe's training loop; a subclass is one update rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .averaging import mean_outputs as mean_outputs
    from .history import History as History
    from .lr_policy import LrPolicy as LrPolicy
    from .outlook import fields_in_use as fields_in_use, rate_course as rate_course
    from .param_groups import ParamGroup as ParamGroup, Segment as Segment
    from .solver import Solver as Solver, with_outputs as with_outputs
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        averaging="mean_outputs",
        lr_policy="LrPolicy",
        history="History",
        param_groups="ParamGroup Segment",
        outlook="fields_in_use rate_course",
        solver="Solver with_outputs",
    )
