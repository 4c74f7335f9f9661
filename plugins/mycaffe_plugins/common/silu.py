"""The SiLU layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class SiLU(ActivationLayer):
    """Sigmoid-weighted linear unit.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = x * s with s = 1 / (1 + exp(-x)); dx = dy * (s + y * (1 - s)).
    """

    type = "SiLU"
    parameters = ()

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.SiLU()
