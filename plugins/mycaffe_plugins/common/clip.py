"""The Clip layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class Clip(ActivationLayer):
    """Keeps values within bounds.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = max(min, min(x, max)); dx = dy where min <= x <= max, at both ends too, else 0.
    ``min`` and ``max`` must both be given, and min must not be above max.
    """

    type = "Clip"
    parameters = ("clip_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``clip_param``."""
        param = self.param.clip_param
        if not (param.HasField("min") and param.HasField("max")):
            self.fail("clip_param.min and clip_param.max must both be given", field="clip_param")
        if not param.min <= param.max:
            self.fail(
                f"min is {param.min:g} and max is {param.max:g}, but min must not be above max",
                field="clip_param.min",
            )
        return functions.Clip(param.min, param.max)
