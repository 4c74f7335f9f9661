"""The Mish layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class Mish(ActivationLayer):
    """Self-gated unit with a tanh.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x * tanh(u) with u = log(1 + exp(x)); dx = dy * (tanh(u) + x * s * (1 - tanh(u)^2)),
    s = 1 / (1 + exp(-x)). MyCaffe's ``threshold`` and ``method`` concern another way to compute it
    and have no effect here.
    """

    type = "Mish"
    parameters = ("mish_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.Mish()
