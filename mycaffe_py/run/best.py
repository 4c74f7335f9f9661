"""Remembering the best weights while training, without touching the disk."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from mycaffe_py.events import Event, StepDone

WINDOW = 100


class BestWeights:
    """Keeps a copy of the weights at the smallest mean of a metric over the last ``window`` updates.

    Listens in the training thread: the weights are copied between two updates. No choice is made
    before the window is full.
    """

    def __init__(self, solver: Any, metric: str, window: int = WINDOW):
        self.metric, self.window = metric, window
        self.value, self.iteration = math.inf, 0
        self.weights: Any = None
        self._buffer = solver.net.parameters
        self._recent: deque[float] = deque()
        self._total = 0.0

    @classmethod
    def for_run(cls, solver: Any, trainer: Any) -> BestWeights:
        """Choose metric and window for a run; a short run gets a window of a tenth of its updates."""
        metric = trainer.best_metric if trainer is not None else "loss"
        planned = solver.param.max_iter - solver.iter
        return cls(solver, metric, max(1, min(WINDOW, planned // 10)))

    def listener(self, event: Event) -> None:
        """Look at one update's metrics."""
        if not isinstance(event, StepDone):
            return
        value = event.metrics.get(self.metric, math.nan)
        if not math.isfinite(value):
            self._recent.clear()
            return
        recent = self._recent
        recent.append(value)
        if len(recent) <= self.window:
            # Summed afresh while the window fills, so that no rounding of earlier values stays.
            self._total = math.fsum(recent)
        else:
            self._total += value - recent.popleft()
        if len(recent) == self.window and self._total / self.window < self.value:
            self.value, self.iteration = self._total / self.window, event.iteration
            self._keep()

    def _keep(self) -> None:
        if self.weights is None:
            self.weights = self._buffer.data.copy()
        else:
            self.weights[...] = self._buffer.data

    @property
    def summary(self) -> dict[str, Any] | None:
        """Metric, value (mean over the window), window and iteration; None if nothing was chosen."""
        if self.weights is None:
            return None
        return {
            "metric": self.metric,
            "value": self.value,
            "window": self.window,
            "iteration": self.iteration,
        }
