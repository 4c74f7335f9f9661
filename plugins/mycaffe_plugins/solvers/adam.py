"""Adam."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .moments import update_mean, update_mean_square
from .rule import RuleSolver
from .settings import check_decay, check_not_negative


class AdamSolver(RuleSolver):
    """Adam (Kingma and Ba, arXiv 1412.6980), in the form given at the end of section 2, as in Caffe.

    With rate = learning rate x lr_mult, b1 = momentum, b2 = momentum2, eps = delta and k = 1, 2, ... the number of
    the update:

        m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
        w = w - rate sqrt(1 - b2^k) / (1 - b1^k) m / (sqrt(v) + eps)

    g is the gradient after clipping and regularisation. eps is added to the uncorrected root, unlike in AdamW.
    The history holds all m, then all v.
    """

    type = "Adam"
    loop = "adam"
    uses = ("momentum", "momentum2", "delta")
    history_slots = 2
    scratch_slots = 1

    kernel_file = Path(__file__).with_name("adam.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that the momentums are in [0, 1), and delta not negative."""
        check_decay(cls.type, param, "momentum", "momentum2")
        check_not_negative(cls.type, param, "delta")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate * sqrt(1 - b2^k) / (1 - b1^k) * m / (sqrt(v) + eps)."""
        delta = self.settings.delta
        beta1, beta2 = self.settings.momentum, self.settings.momentum2
        rate *= self._correction()
        betas = (beta1, 1.0 - beta1, beta2, 1.0 - beta2)
        if self.run_loop(group, *betas, 1.0, delta, rate):
            return
        xp = self.net.device.xp
        mean, square = group.history
        (scratch,) = group.scratch
        gradient = group.diff
        update_mean(xp, mean, gradient, beta1, scratch)
        update_mean_square(xp, square, gradient, beta2, gradient)
        xp.sqrt(square, scratch)
        xp.add(scratch, delta, scratch)
        xp.divide(mean, scratch, gradient)
        xp.multiply(gradient, rate, gradient)

    def _correction(self) -> float:
        """Return sqrt(1 - b2^k) / (1 - b1^k) of the next update."""
        settings, update = self.settings, self.updates_made + 1
        return math.sqrt(1.0 - settings.momentum2**update) / (1.0 - settings.momentum**update)

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that adam.cu reads."""
        settings = self.settings
        return settings.momentum, settings.momentum2, settings.delta, self._correction()
