"""The ReLU layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class ReLU(ActivationLayer):
    """Rectified linear unit, leaky with ``negative_slope``.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = max(x, 0) + negative_slope * min(x, 0); dx = dy where x > 0, else negative_slope * dy.
    """

    type = "ReLU"
    parameters = ("relu_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``relu_param``."""
        return functions.ReLU(self.param.relu_param.negative_slope)
