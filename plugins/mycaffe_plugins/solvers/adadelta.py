"""AdaDelta: steps in the units of the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .moments import update_mean_square
from .rule import RuleSolver
from .settings import check_decay, check_not_negative


class AdaDeltaSolver(RuleSolver):
    """AdaDelta (Zeiler, arXiv 1212.5701), with m = momentum, d = delta and rate = learning rate x lr_mult.

        h = m h + (1 - m) g^2;  u = g sqrt((k + d) / (h + d));  k = m k + (1 - m) u^2;  w -= rate u

    g is the gradient after clipping and regularisation. base_lr is 1 in the paper. The history holds all h, then
    all k, as in Caffe.
    """

    type = "AdaDelta"
    loop = "adadelta"
    uses = ("momentum", "delta")
    history_slots = 2
    scratch_slots = 1

    kernel_file = Path(__file__).with_name("adadelta.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is in [0, 1), and delta is not negative."""
        check_decay(cls.type, param, "momentum")
        check_not_negative(cls.type, param, "delta")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate * diff * sqrt((k + d) / (h + d)), with h after this gradient and the previous k."""
        momentum, delta = self.settings.momentum, self.settings.delta
        if self.run_loop(group, momentum, 1.0 - momentum, delta, rate):
            return
        xp = self.net.device.xp
        squares, steps = group.history
        (scratch,) = group.scratch
        gradient = group.diff
        update_mean_square(xp, squares, gradient, momentum, scratch)
        # sqrt(k + d) / sqrt(h + d), a quotient of roots, needs no further array.
        xp.add(steps, delta, scratch)
        xp.sqrt(scratch, scratch)
        xp.multiply(gradient, scratch, gradient)
        xp.add(squares, delta, scratch)
        xp.sqrt(scratch, scratch)
        xp.divide(gradient, scratch, gradient)
        update_mean_square(xp, steps, gradient, momentum, scratch)
        xp.multiply(gradient, rate, gradient)

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that adadelta.cu reads."""
        return self.settings.momentum, self.settings.delta
