"""The BNLL layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class BNLL(ActivationLayer):
    """Binomial normal log likelihood, the same function as SoftPlus.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = log(1 + exp(x)), without overflow; dx = dy / (1 + exp(-x)).
    """

    type = "BNLL"
    parameters = ()

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.SoftPlus()
