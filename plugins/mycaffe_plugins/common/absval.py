"""The AbsVal layer."""

from __future__ import annotations

from mycaffe_py import functions

from .neuron import ActivationLayer


class AbsVal(ActivationLayer):
    """Absolute value.

    Bottom x of any shape, top y of the same shape; refuses to work in place, as Caffe's does.
    y = |x|; dx = dy * sign(x), 0 at 0.
    """

    type = "AbsVal"
    parameters = ()
    allows_in_place = False

    def make_activation(self) -> functions.Activation:
        """Return the function."""
        return functions.AbsVal()
