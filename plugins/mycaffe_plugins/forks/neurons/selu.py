"""The SeLU layer."""

from __future__ import annotations

from mycaffe_plugins.common import ActivationLayer
from mycaffe_py import functions


class SeLU(ActivationLayer):
    """Scaled exponential linear unit, which keeps mean and variance of its inputs (Klambauer et al. 2017).

    Bottom x of any shape, top y of the same shape; may work in place.
    y = lambda * x if x > 0, else lambda * alpha * (exp(x) - 1);
    dx = dy * lambda if x > 0, else dy * (y + lambda * alpha).
    """

    type = "SeLU"
    fork = "caffe-SELU"
    parameters = ("selu_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``selu_param``."""
        param = self.param.selu_param
        return functions.SELU(param.alpha, getattr(param, "lambda"))
