"""The policy step."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy

from .powers import power


class Step(LrPolicy):
    """The rate is multiplied by ``gamma`` after every ``stepsize`` updates: base_lr * gamma ^ floor(i / stepsize)."""

    type = "step"
    parameters = ("gamma", "stepsize")

    def check(self) -> None:
        """Check that stepsize is positive and gamma is set."""
        self.need("stepsize", self.param.stepsize > 0, "stepsize > 0")
        self.need("gamma", what="gamma, the factor of each step")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update."""
        p = self.settings
        return float(p.base_lr * power(p.gamma, iteration // p.stepsize))
