"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .moments import update_mean, update_mean_square
from .rule import RuleSolver
from .settings import check_decay, check_not_negative


class AdamWSolver(RuleSolver):
    """AdamW (Loshchilov and Hutter, arXiv 1711.05101), as in MyCaffe and PyTorch.

    With r = learning rate x lr_mult, d = adamw_decay x decay_mult, b1 = momentum, b2 = momentum2,
    eps = delta and k = 1, 2, ... the number of the update:

        w = w (1 - r d);  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
        w = w - r / (1 - b1^k) m / (sqrt(v) / sqrt(1 - b2^k) + eps)

    ``weight_decay`` (L1 or L2) is added to the gradient as well, if it is not 0.
    """

    type = "AdamW"
    loop = "adam"
    uses = ("momentum", "momentum2", "delta", "adamw_decay")
    history_slots = 2
    scratch_slots = 1

    kernel_file = Path(__file__).with_name("adamw.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that the momentums are in [0, 1), and delta and adamw_decay not negative."""
        check_decay(cls.type, param, "momentum", "momentum2")
        check_not_negative(cls.type, param, "delta", "adamw_decay")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate / (1 - b1^k) * m / (sqrt(v) / sqrt(1 - b2^k) + eps), after the weights' decay."""
        xp, delta = self.net.device.xp, self.settings.delta
        beta1, beta2 = self.settings.momentum, self.settings.momentum2
        decay = self.param.adamw_decay * group.decay_mult
        if decay:
            xp.multiply(group.data, 1.0 - rate * decay, group.data)
        of_mean, root = self._corrections()
        rate /= of_mean
        betas = (beta1, 1.0 - beta1, beta2, 1.0 - beta2)
        if self.run_loop(group, *betas, root, delta, rate):
            return
        mean, square = group.history
        (scratch,) = group.scratch
        gradient = group.diff
        update_mean(xp, mean, gradient, beta1, scratch)
        update_mean_square(xp, square, gradient, beta2, gradient)
        xp.sqrt(square, scratch)
        xp.multiply(scratch, root, scratch)
        xp.add(scratch, delta, scratch)
        xp.divide(mean, scratch, gradient)
        xp.multiply(gradient, rate, gradient)

    def _corrections(self) -> tuple[float, float]:
        """Return 1 - b1^k and 1 / sqrt(1 - b2^k) of the next update."""
        settings, update = self.settings, self.updates_made + 1
        return 1.0 - settings.momentum**update, 1.0 / math.sqrt(1.0 - settings.momentum2**update)

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that adamw.cu reads."""
        settings, (of_mean, root) = self.settings, self._corrections()
        return (
            settings.momentum,
            settings.momentum2,
            settings.delta,
            self.param.adamw_decay,
            1.0 / of_mean,
            root,
        )
