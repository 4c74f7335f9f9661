"""AdaGrad: learning rates that decrease with the sum of squared gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .moments import divide_by_root
from .rule import RuleSolver
from .settings import check_no_momentum, check_not_negative


class AdaGradSolver(RuleSolver):
    """AdaGrad (Duchi et al., 2011): h += g^2; w -= rate g / (sqrt(h) + delta).

    g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. There is no momentum.
    """

    type = "AdaGrad"
    loop = "adagrad"
    uses = ("delta",)
    history_slots = 1
    scratch_slots = 1

    kernel_file = Path(__file__).with_name("adagrad.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is 0, and delta is not negative."""
        check_no_momentum(cls.type, param)
        check_not_negative(cls.type, param, "delta")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate * diff / (sqrt(history + diff^2) + delta)."""
        delta = self.settings.delta
        if self.run_loop(group, delta, rate):
            return
        xp = self.net.device.xp
        (history,), (scratch,) = group.history, group.scratch
        gradient = group.diff
        xp.multiply(gradient, gradient, scratch)
        xp.add(history, scratch, history)
        divide_by_root(xp, gradient, history, delta, rate, scratch)

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that adagrad.cu reads."""
        return (self.settings.delta,)
