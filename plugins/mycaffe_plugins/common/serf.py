"""The Serf layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class Serf(ActivationLayer):
    """Self-gated unit with the error function.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x * erf(u) with u = log(1 + exp(x));
    dx = dy * (erf(u) + x * s * exp(-u^2) * 2 / sqrt(pi)), s = 1 / (1 + exp(-x)). MyCaffe's
    ``threshold`` concerns another way to compute it and has no effect here.
    """

    type = "Serf"
    parameters = ("serf_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.Serf()
