"""The Exp layer."""

from __future__ import annotations

from mycaffe_py import functions

from .log_of_base import log_of_base
from .neuron import ActivationLayer


class Exp(ActivationLayer):
    """Exponential function of any base.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = base^(shift + scale * x), where a ``base`` of -1 (the default) means e;
    dx = dy * y * log(base) * scale. Another ``base`` must be above 0.
    """

    type = "Exp"
    parameters = ("exp_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``exp_param``."""
        param = self.param.exp_param
        rate = log_of_base(self, param.base, "exp_param.base")
        return functions.Exp(rate * param.scale, rate * param.shift)
