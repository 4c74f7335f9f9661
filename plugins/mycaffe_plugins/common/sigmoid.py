"""The Sigmoid layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class Sigmoid(ActivationLayer):
    """Logistic function.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = 1 / (1 + exp(-x)); dx = dy * y * (1 - y).
    """

    type = "Sigmoid"
    parameters = ("sigmoid_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.Sigmoid()
