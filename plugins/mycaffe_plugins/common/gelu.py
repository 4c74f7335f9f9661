"""The GELU layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class GELU(ActivationLayer):
    """Gaussian error linear unit.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x * Phi(x) with Phi(x) = (1 + erf(x / sqrt(2))) / 2, or with ``enable_bert_version``
    (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2 for Phi; dx = dy * (Phi(x) + x * Phi'(x)).
    """

    type = "GELU"
    parameters = ("gelu_param",)

    def make_activation(self) -> functions.Activation:
        """Return the form of ``gelu_param``."""
        approximate = self.param.gelu_param.enable_bert_version
        return functions.GELUTanh() if approximate else functions.GELU()
