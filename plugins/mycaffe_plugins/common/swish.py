"""The Swish layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class Swish(ActivationLayer):
    """Sigmoid-weighted linear unit with a factor; SiLU is Swish with beta 1.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x * s with s = 1 / (1 + exp(-beta * x)); dx = dy * (s + beta * y * (1 - s)).
    """

    type = "Swish"
    parameters = ("swish_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``swish_param``."""
        return functions.Swish(self.param.swish_param.beta)
