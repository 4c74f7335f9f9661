"""The HSwish layer."""

from __future__ import annotations

from mycaffe_plugins.common import ActivationLayer
from mycaffe_py import functions


class HSwish(ActivationLayer):
    """Piecewise form of Swish, of MobileNet V3 (Howard et al. 2019).

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x * g with g = min(max(x + 3, 0), 6) / 6; dx = dy * (g + x / 6) where -3 < x < 3, else dy * g.
    """

    type = "HSwish"
    aliases = ("HardSwish",)
    fork = "MobileNet"
    parameters = ()

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.HardSwish()
