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
        for name in ("min", "max"):
            if not param.HasField(name):
                self.fail(
                    f"clip_param.{name} is missing",
                    field="clip_param",
                    hint="give both min and max",
                )
        if not param.min <= param.max:
            self.fail(
                f"min is {param.min:g} and max is {param.max:g}, but min must not be above max",
                field="clip_param.min",
            )
        return functions.Clip(param.min, param.max)
