"""The Log layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py import functions

from .log_of_base import log_of_base
from .neuron import ActivationLayer


class Log(ActivationLayer):
    """Logarithm to any base.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = log(shift + scale * x) / log(base), where a ``base`` of -1 (the default) means e;
    dx = dy * scale / (log(base) * (shift + scale * x)). Another ``base`` must be above 0 and not 1.
    Where shift + scale * x is 0 or less, y is -infinity or NaN.
    """

    type = "Log"
    parameters = ("log_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``log_param``."""
        param = self.param.log_param
        rate = log_of_base(self, param.base, "log_param.base")
        if not rate:
            self.fail("base is 1, but there is no logarithm to base 1", field="log_param.base")
        return functions.Log(1 / rate, param.scale, param.shift)

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return numbers of which there is a logarithm."""
        param = self.param.log_param
        return (rng.uniform(0.5, 2, shapes[0]) - param.shift) / (param.scale or 1)
