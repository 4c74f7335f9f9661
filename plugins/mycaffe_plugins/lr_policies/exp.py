"""The policy exp."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy

from .powers import power


class Exp(LrPolicy):
    """The rate is multiplied by ``gamma`` at each update: base_lr * gamma ^ i."""

    type = "exp"
    parameters = ("gamma",)

    def check(self) -> None:
        """Check that gamma is set."""
        self.need("gamma", what="gamma, the factor of each step")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update."""
        p = self.settings
        return float(p.base_lr * power(p.gamma, iteration))
