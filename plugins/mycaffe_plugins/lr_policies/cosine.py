"""The policy cosine."""

from __future__ import annotations

import math

from mycaffe_py.solver import LrPolicy


class Cosine(LrPolicy):
    """The rate falls from base_lr to ``min_lr`` along half a cosine, over ``max_iter`` updates.

    rate = min_lr + (base_lr - min_lr) * (1 + cos(pi * i / max_iter)) / 2. With ``restart_iter``, it returns to base_lr
    after that many updates, and again after each cycle; a cycle is ``restart_mult`` times as long as the one before.
    The method is that of Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    """

    type = "cosine"
    schema = """
      extend SolverParameter {
        optional float min_lr = 1020 [default = 0];  // lowest rate of the policy cosine
        // updates of the first cycle of cosine, after which the rate is base_lr again; 0: one fall over max_iter
        optional int32 restart_iter = 1021 [default = 0];
        optional int32 restart_mult = 1022 [default = 1];  // length of each cycle of cosine, relative to the last
      }
    """

    def check(self) -> None:
        """Check that the rate can fall, over a length that is known."""
        p = self.settings
        if not (math.isfinite(p.min_lr) and 0 <= p.min_lr <= p.base_lr):
            self.fail(f"needs min_lr from 0 to base_lr ({p.base_lr:g}), got {p.min_lr:g}", "min_lr")
        if p.restart_iter < 0:
            self.fail(f"needs restart_iter of at least 0, got {p.restart_iter}", "restart_iter")
        if p.restart_mult < 1:
            self.fail(f"needs restart_mult of at least 1, got {p.restart_mult}", "restart_mult")
        if not p.restart_iter:
            if self.is_set("restart_mult"):
                self.fail("uses restart_mult only with restart_iter above 0", "restart_mult")
            self.need("max_iter", p.max_iter > 0, "max_iter > 0, or restart_iter > 0")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update; without restarts, min_lr from max_iter on."""
        p = self.settings
        done, length = self._place(iteration)
        return float(
            p.min_lr + (p.base_lr - p.min_lr) * (1 + math.cos(math.pi * done / length)) / 2
        )

    def _place(self, iteration: int) -> tuple[int, int]:
        """Return the updates since the last restart, and the length of that cycle."""
        first, factor = self.param.restart_iter, self.param.restart_mult
        if not first:
            return min(iteration, self.param.max_iter), self.param.max_iter
        if factor == 1:
            return iteration % first, first
        done, length = iteration, first
        while done >= length:
            done, length = done - length, length * factor
        return done, length
