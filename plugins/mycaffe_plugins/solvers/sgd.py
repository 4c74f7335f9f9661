"""SGD with momentum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.solver import ParamGroup

from .rule import RuleSolver
from .settings import check_decay


class SGDSolver(RuleSolver):
    """Stochastic gradient descent: h = momentum h + rate g; w -= h.

    g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. The rate is inside the
    history, as in Caffe.
    """

    type = "SGD"
    loop = "sgd"
    uses = ("momentum",)
    history_slots = 1

    kernel_file = Path(__file__).with_name("sgd.cu")

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is in [0, 1)."""
        check_decay(cls.type, param, "momentum")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = history = momentum * history + rate * diff."""
        momentum = self.settings.momentum
        if self.run_loop(group, momentum, rate):
            return
        xp = self.net.device.xp
        (history,) = group.history
        xp.multiply(history, momentum, history)
        xp.multiply(group.diff, rate, group.diff)
        xp.add(history, group.diff, history)
        group.diff[...] = history

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers that sgd.cu reads."""
        return (self.settings.momentum,)
