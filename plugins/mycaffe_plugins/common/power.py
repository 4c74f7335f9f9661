"""The Power layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mycaffe_py import functions

from .neuron import ActivationLayer


class Power(ActivationLayer):
    """Power of a linear function; with power 1 it scales and shifts.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = (shift + scale * x)^power; dx = dy * power * scale * (shift + scale * x)^(power - 1).
    If power * scale is 0, y is 1 (power 0) or shift^power everywhere, and dx = 0. A power that is
    not a whole number gives NaN where shift + scale * x is below 0; at 0 a negative power gives
    infinity, and a power below 1 an infinite gradient.
    """

    type = "Power"
    parameters = ("power_param",)

    def make_activation(self) -> functions.Activation:
        """Return the function of ``power_param``."""
        param = self.param.power_param
        if not param.scale and param.power and not _is_finite_power(param.shift, param.power):
            self.fail(
                f"scale is 0, so every output is shift^power = {param.shift:g}^{param.power:g}, which "
                "is not finite",
                field="power_param.shift",
            )
        return functions.Power(param.power, param.scale, param.shift)

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return numbers of which there is the power."""
        param = self.param.power_param
        if not param.scale or (param.power >= 0 and float(param.power).is_integer()):
            return None
        return (rng.uniform(0.5, 2, shapes[0]) - param.shift) / param.scale


def _is_finite_power(base: float, power: float) -> bool:
    try:
        math.pow(base, power)
    except (OverflowError, ValueError):
        return False
    return True
