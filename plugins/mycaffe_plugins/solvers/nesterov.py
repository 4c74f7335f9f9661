"""Nesterov's accelerated gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .rule import RuleSolver
from .settings import check_decay


class NesterovSolver(RuleSolver):
    """Nesterov's accelerated gradient: h' = momentum h + rate g; w -= (1 + momentum) h' - momentum h.

    g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. The rate is inside the
    history, as in Caffe.
    """

    type = "Nesterov"
    loop = "nesterov"
    uses = ("momentum",)
    history_slots = 1
    scratch_slots = 1

    kernel_file = Path(__file__).with_name("nesterov.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is in [0, 1)."""
        check_decay(cls.type, param, "momentum")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = momentum * new history + rate * diff, which is equivalent, with one array less."""
        momentum = self.settings.momentum
        if self.run_loop(group, momentum, rate):
            return
        xp = self.net.device.xp
        (history,) = group.history
        gradient = group.diff
        xp.multiply(gradient, rate, gradient)
        xp.multiply(history, momentum, history)
        xp.add(history, gradient, history)
        # (1 + m) h' - m h = h' + m (h' - h) and m h = h' - rate g, so this is m h' + rate g.
        xp.multiply(history, momentum, group.scratch[0])
        xp.add(gradient, group.scratch[0], gradient)

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that nesterov.cu reads."""
        return (self.settings.momentum,)
