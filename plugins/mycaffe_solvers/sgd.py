"""SGD with momentum."""

from __future__ import annotations

from typing import Any

from mycaffe_py.solver import ParamGroup, Solver

from .settings import check_decay


class SGDSolver(Solver):
    """Stochastic gradient descent: h = momentum h + rate g; w -= h.

    g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. The rate is inside the
    history, as in Caffe.
    """

    type = "SGD"
    uses = ("momentum",)
    history_slots = 1

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is in [0, 1)."""
        check_decay(cls.type, param, "momentum")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = history = momentum * history + rate * diff."""
        xp = self.net.device.xp
        (history,) = group.history
        xp.multiply(history, self.settings.momentum, history)
        xp.multiply(group.diff, rate, group.diff)
        xp.add(history, group.diff, history)
        group.diff[...] = history
