"""RMSProp: learning rates scaled by a running mean of squared gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .moments import divide_by_root, update_mean_square
from .rule import RuleSolver
from .settings import check_decay, check_no_momentum, check_not_negative


class RMSPropSolver(RuleSolver):
    """RMSProp (Tieleman and Hinton, 2012): h = d h + (1 - d) g^2; w -= rate g / (sqrt(h) + delta).

    d = rms_decay, g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. There is
    no momentum.
    """

    type = "RMSProp"
    loop = "rmsprop"
    uses = ("rms_decay", "delta")
    history_slots = 1
    scratch_slots = 1

    kernel_file = Path(__file__).with_name("rmsprop.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is 0, rms_decay in [0, 1), and delta is not negative."""
        check_no_momentum(cls.type, param)
        check_decay(cls.type, param, "rms_decay")
        check_not_negative(cls.type, param, "delta")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = rate * diff / (sqrt(d history + (1 - d) diff^2) + delta)."""
        decay, delta = self.settings.rms_decay, self.settings.delta
        if self.run_loop(group, decay, 1.0 - decay, delta, rate):
            return
        xp = self.net.device.xp
        (history,), (scratch,) = group.history, group.scratch
        gradient = group.diff
        update_mean_square(xp, history, gradient, decay, scratch)
        divide_by_root(xp, gradient, history, delta, rate, scratch)

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that rmsprop.cu reads."""
        return self.settings.rms_decay, self.settings.delta
