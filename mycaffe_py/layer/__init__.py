"""Layer: one step of a net; also the base class for losses, fillers, and helpers for reading settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .cost import (
        FUNCTION as FUNCTION,
        Cost as Cost,
        Work as Work,
        elementwise as elementwise,
        linear as linear,
        product as product,
        recurrent as recurrent,
    )
    from .filler import Filler as Filler, fans as fans
    from .gym_memory import refuse_other_gym as refuse_other_gym
    from .layer import (
        PHASE_NAMES as PHASE_NAMES,
        RUN as RUN,
        TEST as TEST,
        TIME_FORMS as TIME_FORMS,
        TRAIN as TRAIN,
        Layer as Layer,
        LayerContext as LayerContext,
        default_parameter_field as default_parameter_field,
        python_warning as python_warning,
    )
    from .layer_settings import (
        along as along,
        axes_end as axes_end,
        axis_setting as axis_setting,
        blob_axis as blob_axis,
        enum_name as enum_name,
        freeze_statistics as freeze_statistics,
        given_filler as given_filler,
        output_setting as output_setting,
        positive_setting as positive_setting,
        require_an_axis as require_an_axis,
        require_images as require_images,
    )
    from .loss_layer import LossLayer as LossLayer
    from .named_modules import module_origin as module_origin
    from .state_rules import is_included as is_included
    from .tally import Tally as Tally
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        cost="Cost FUNCTION Work elementwise linear product recurrent",
        filler="Filler fans",
        gym_memory="refuse_other_gym",
        layer="Layer LayerContext PHASE_NAMES RUN TEST TIME_FORMS TRAIN default_parameter_field "
        "python_warning",
        layer_settings="along axes_end axis_setting blob_axis enum_name freeze_statistics given_filler "
        "output_setting positive_setting require_an_axis require_images",
        loss_layer="LossLayer",
        named_modules="module_origin",
        tally="Tally",
        state_rules="is_included",
    )
