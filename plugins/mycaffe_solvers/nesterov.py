"""Nesterov's accelerated gradient."""

from __future__ import annotations

from typing import Any

from mycaffe_py.solver import ParamGroup, Solver

from .settings import check_decay


class NesterovSolver(Solver):
    """Nesterov's accelerated gradient: h' = momentum h + rate g; w -= (1 + momentum) h' - momentum h.

    g is the gradient after clipping and regularisation, rate = learning rate x lr_mult. The rate is inside the
    history, as in Caffe.
    """

    type = "Nesterov"
    uses = ("momentum",)
    history_slots = 1
    scratch_slots = 1

    @classmethod
    def check(cls, param: Any) -> None:
        """Check that momentum is in [0, 1)."""
        check_decay(cls.type, param, "momentum")

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Compute diff = momentum * new history + rate * diff, which is equivalent, with one array less."""
        xp, momentum = self.net.device.xp, self.settings.momentum
        (history,) = group.history
        gradient = group.diff
        xp.multiply(gradient, rate, gradient)
        xp.multiply(history, momentum, history)
        xp.add(history, gradient, history)
        # (1 + m) h' - m h = h' + m (h' - h) and m h = h' - rate g, so this is m h' + rate g.
        xp.multiply(history, momentum, group.scratch[0])
        xp.add(gradient, group.scratch[0], gradient)
