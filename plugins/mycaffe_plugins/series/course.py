"""The course of a training: a search with validation, then, from the start again, a refit on all rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mycaffe_py.stored import Stored

SEARCH, REFIT, DONE = "search", "refit", "done"


class Course:
    """Where a training stands, with the weights that it needs: the first ones, the mean, the best mean.

    ``weights`` are the net's parameters as one array, on its device.
    """

    def __init__(self, net: Any, averaging: float):
        self.net, self.averaging = net, averaging
        self.phase = SEARCH
        self.began = 0
        """The iteration at which the phase began."""
        self.first = net.parameters.data.copy()
        self.mean = self.first.copy()
        self.best: Any = None
        self.best_value, self.best_iteration = math.inf, 0
        self.without = 0
        """Validations since the best one."""
        self.planned = 0
        """How many updates the refit takes."""
        self.ended = 0
        """The iteration at which the training ended."""

    def average(self, updates: int) -> None:
        """Take the weights after ``updates`` updates of this phase into the mean."""
        if not self.averaging:
            self.mean[...] = self.net.parameters.data
            return
        # The first means are over few updates: a mean of all so far, up to the setting.
        kept = min(self.averaging, updates / (updates + 10.0))
        self.mean += (1 - kept) * (self.net.parameters.data - self.mean)

    def restart(self, iteration: int, phase: str, updates: int) -> None:
        """Go back to the first weights for another phase of ``updates`` updates."""
        self.phase, self.began, self.planned = phase, iteration, updates
        self.net.parameters.data[...] = self.first
        self.mean[...] = self.first

    def judge(self, value: float, iteration: int) -> bool:
        """Take a validation of the mean; return whether it is the best so far."""
        if math.isfinite(value) and value < self.best_value:
            self.best_value, self.best_iteration, self.without = value, iteration, 0
            self.best = self.mean.copy()
            return True
        self.without += 1
        return False

    def keep(self, change: Callable[[Any], Any]) -> None:
        """Make ``change``, which returns changed weights, of the first, the mean and the best ones."""
        self.first, self.mean = change(self.first), change(self.mean)
        if self.best is not None:
            self.best = change(self.best)

    def state(self) -> dict[str, Any]:
        """Return everything that changes, on the host."""
        to_host = self.net.device.to_host
        arrays = {name: to_host(getattr(self, name)).copy() for name in ("first", "mean")}
        best = None if self.best is None else to_host(self.best).copy()
        names = ("phase", "began", "best_value", "best_iteration", "without", "planned", "ended")
        return {**arrays, "best": best, **{name: getattr(self, name) for name in names}}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned."""
        stored, size = Stored(state, "trainer: course"), self.net.parameters.data.shape
        weights = {
            name: None
            if name == "best" and stored[name] is None
            else stored.finite_array(name, size)
            for name in ("first", "mean", "best")
        }
        phase = stored.text("phase", (SEARCH, REFIT, DONE))
        best_value = stored.number("best_value", finite=False)
        names = ("began", "best_iteration", "without", "planned", "ended")
        counts = {name: stored.whole(name) for name in names}
        if math.isnan(best_value):
            raise stored.wrong("best_value", "a number that can be compared")
        device, dtype = self.net.device, self.net.parameters.data.dtype
        for name, values in weights.items():
            setattr(self, name, None if values is None else device.asarray(values, dtype=dtype))
        self.phase, self.best_value = phase, best_value
        for name, count in counts.items():
            setattr(self, name, count)


@contextmanager
def weights_of(net: Any, weights: Any) -> Iterator[None]:
    """Context in which a net has other weights."""
    kept = net.parameters.data.copy()
    net.parameters.data[...] = weights
    try:
        yield
    finally:
        net.parameters.data[...] = kept
