"""The policy poly."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy

from .powers import power


class Poly(LrPolicy):
    """The rate falls to 0 at ``max_iter``: base_lr * (1 - i / max_iter) ^ power."""

    type = "poly"
    parameters = ("power",)

    def check(self) -> None:
        """Check that max_iter is positive."""
        self.need("max_iter", self.param.max_iter > 0, "max_iter > 0")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update; 0 from max_iter on."""
        p = self.settings
        return float(p.base_lr * power(max(0.0, 1 - iteration / p.max_iter), p.power))
