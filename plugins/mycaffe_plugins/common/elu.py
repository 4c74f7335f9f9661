"""The ELU layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class ELU(ActivationLayer):
    """Exponential linear unit.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x where x > 0, else alpha * (exp(x) - 1); dx = dy where x > 0, else dy * (y + alpha).
    """

    type = "ELU"
    parameters = ("elu_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``elu_param``."""
        return functions.ELU(self.param.elu_param.alpha)
