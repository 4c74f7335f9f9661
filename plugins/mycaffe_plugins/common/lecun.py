"""The LeCun layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class LeCun(ActivationLayer):
    """Scaled tanh, in the form used by CfC networks.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = 1.7159 * tanh(0.666 * x); dx = dy * 0.666 * (1.7159 - y^2 / 1.7159).
    """

    type = "LeCun"
    parameters = ()

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.LeCun()
