"""The TanH layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class TanH(ActivationLayer):
    """Hyperbolic tangent.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = tanh(x); dx = dy * (1 - y^2).
    """

    type = "TanH"
    parameters = ("tanh_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.TanH()
