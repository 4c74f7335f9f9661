"""The policy one_cycle."""

from __future__ import annotations

import math

from mycaffe_py.solver import LrPolicy


class OneCycle(LrPolicy):
    """The rate rises to base_lr and falls far below its start, along halves of cosines, once in ``max_iter`` updates.

    It begins with base_lr / ``div_factor``, is base_lr after the share ``pct_start`` of the updates, and ends with its
    start / ``final_div_factor``: the policy of Smith and Topin, "Super-Convergence", 2018, in the form that PyTorch's
    OneCycleLR has by default, with base_lr as its max_lr. Momentum stays as it is.
    """

    type = "one_cycle"
    allows_warmup = False
    schema = """
      extend SolverParameter {
        optional float pct_start = 1023 [default = 0.3];  // share of the updates in which the rate of one_cycle rises
        optional float div_factor = 1024 [default = 25];  // one_cycle begins with base_lr divided by this
        optional float final_div_factor = 1025 [default = 10000];  // one_cycle ends with its first rate divided by this
      }
    """

    def check(self) -> None:
        """Check that there are updates to rise and to fall in."""
        p = self.settings
        self.need("max_iter", p.max_iter > 0, "max_iter > 0")
        if not 0 < p.pct_start < 1:
            self.fail(f"needs pct_start above 0 and below 1, got {p.pct_start:g}", "pct_start")
        for name in ("div_factor", "final_div_factor"):
            value = getattr(p, name)
            if not (math.isfinite(value) and value >= 1):
                self.fail(f"needs {name} of at least 1, got {value:g}", name)
        if p.pct_start * p.max_iter <= 1:
            at = "pct_start" if self.is_set("pct_start") else "max_iter"
            self.fail(
                f"needs more than one update for the rise, but pct_start {p.pct_start:g} of max_iter "
                f"{p.max_iter} gives {p.pct_start * p.max_iter:g}",
                at,
            )

    def rate(self, iteration: int) -> float:
        """Return the rate of an update; that of the last one from there on."""
        p = self.settings
        first, top, last = p.base_lr / p.div_factor, p.pct_start * p.max_iter - 1, p.max_iter - 1
        if iteration <= top:
            return _half_cosine(first, p.base_lr, iteration / top)
        share = min(1.0, (iteration - top) / (last - top))
        return _half_cosine(p.base_lr, first / p.final_div_factor, share)


def _half_cosine(start: float, end: float, share: float) -> float:
    """Return the value at a share of the way from start to end."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
