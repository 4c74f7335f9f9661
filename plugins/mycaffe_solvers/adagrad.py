"""AdaGrad: learning rates that decrease with the sum of squared gradients."""

from __future__ import annotations

from typing import Any

from mycaffe_py.solver import ParamGroup, Solver

from .moments import divide_by_root
from .settings import check_no_momentum, check_not_negative


class AdaGradSolver(Solver):
    """AdaGrad (Duchi et al., 2011): h += g^2; w -= rate g / (sqrt(h) + delta).

    g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. There is no momentum.
    """

    type = "AdaGrad"
    uses = ("delta",)
    history_slots = 1
    scratch_slots = 1

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is 0, and delta is not negative."""
        check_no_momentum(cls.type, param)
        check_not_negative(cls.type, param, "delta")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate * diff / (sqrt(history + diff^2) + delta)."""
        xp = self.net.device.xp
        (history,), (scratch,) = group.history, group.scratch
        gradient = group.diff
        xp.multiply(gradient, gradient, scratch)
        xp.add(history, scratch, history)
        divide_by_root(xp, gradient, history, self.settings.delta, rate, scratch)
