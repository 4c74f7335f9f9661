"""The SoftPlus layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class SoftPlus(ActivationLayer):
    """Smooth form of ReLU.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = log(1 + exp(x)); dx = dy / (1 + exp(-x)).
    """

    type = "SoftPlus"
    parameters = ()

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.SoftPlus()
