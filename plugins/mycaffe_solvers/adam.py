"""Adam."""

from __future__ import annotations

import math
from typing import Any

from mycaffe_py.solver import ParamGroup, Solver

from .moments import update_mean, update_mean_square
from .settings import check_decay, check_not_negative


class AdamSolver(Solver):
    """Adam (Kingma and Ba, arXiv 1412.6980), in the form given at the end of section 2, as in Caffe.

    With rate = learning rate x lr_mult, b1 = momentum, b2 = momentum2, eps = delta and k = 1, 2, ... the number of
    the update:

        m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
        w = w - rate sqrt(1 - b2^k) / (1 - b1^k) m / (sqrt(v) + eps)

    g is the gradient after clipping and regularisation. eps is added to the uncorrected root, unlike in AdamW.
    The history holds all m, then all v.
    """

    type = "Adam"
    uses = ("momentum", "momentum2", "delta")
    history_slots = 2
    scratch_slots = 1

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that the momentums are in [0, 1), and delta not negative."""
        check_decay(cls.type, param, "momentum", "momentum2")
        check_not_negative(cls.type, param, "delta")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate * sqrt(1 - b2^k) / (1 - b1^k) * m / (sqrt(v) + eps)."""
        xp, update = self.net.device.xp, self.iter + 1
        beta1, beta2 = self.settings.momentum, self.settings.momentum2
        mean, square = group.history
        (scratch,) = group.scratch
        gradient = group.diff
        update_mean(xp, mean, gradient, beta1, scratch)
        update_mean_square(xp, square, gradient, beta2, gradient)
        xp.sqrt(square, scratch)
        xp.add(scratch, self.settings.delta, scratch)
        xp.divide(mean, scratch, gradient)
        factor = math.sqrt(1.0 - beta2**update) / (1.0 - beta1**update)
        xp.multiply(gradient, rate * factor, gradient)
