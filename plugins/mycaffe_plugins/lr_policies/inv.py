"""The policy inv."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy

from .powers import power


class Inv(LrPolicy):
    """The rate falls as a power of the iteration: base_lr * (1 + gamma * i) ^ (-power)."""

    type = "inv"
    parameters = ("gamma", "power")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update; a complex number, which the solver refuses, where 1 + gamma * i is negative."""
        p = self.settings
        rate: float = p.base_lr * power(1 + p.gamma * iteration, -p.power)
        return rate
