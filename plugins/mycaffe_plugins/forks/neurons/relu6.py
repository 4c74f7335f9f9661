"""The ReLU6 layer."""

from __future__ import annotations

from mycaffe_plugins.common import ActivationLayer
from mycaffe_py import functions


class ReLU6(ActivationLayer):
    """Rectified linear unit with an upper bound, of MobileNet V2.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = min(max(x, 0), n) + negative_slope * min(x, 0);
    dx = dy where 0 < x < n, negative_slope * dy where x <= 0, else 0.
    ``n`` (default 6) is a setting in some forks, ``negative_slope`` (default 0) in others.
    """

    type = "ReLU6"
    fork = "MobileNet"
    parameters = ("relu6_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``relu6_param``."""
        param = self.param.relu6_param
        if not param.n > 0:
            self.fail(f"n is {param.n:g}, but must be above 0", field="relu6_param.n")
        return functions.ReLU6(param.n, param.negative_slope)
