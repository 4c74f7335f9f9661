"""Keeping the best weights in memory while training."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from mycaffe_py.events.events import Event, StepDone, TestDone

WINDOW = 100


class BestWeights:
    """Keeps a copy of the weights at the smallest mean of a metric over the last ``window`` updates.

    Listens in the training thread: the weights are copied between two updates. No choice is made
    before the window is full. ``weights`` is None if nothing has been chosen, or if the choice is still that
    of the run that this one continues (:meth:`resume`).
    """

    def __init__(self, solver: Any, metric: str, window: int = WINDOW):
        self.metric, self.window = metric, window
        self.value, self.iteration = math.inf, 0
        self.weights: Any = None
        self._net = solver.net
        self._recent: deque[float] = deque()
        self._total = 0.0

    @classmethod
    def for_run(cls, solver: Any, trainer: Any) -> BestWeights:
        """Choose metric and window for a run; a short run gets a window of a tenth of its updates.

        A run with test nets chooses by its tests.
        """
        tested = tested_output(solver) if trainer is None else None
        if tested is not None:
            return BestTested(solver, tested)
        metric = trainer.best_metric if trainer is not None else "loss"
        return cls(solver, metric, max(1, min(WINDOW, solver.param.max_iter // 10)))

    def listener(self, event: Event) -> None:
        """Evaluate one update's metrics."""
        if not isinstance(event, StepDone):
            return
        value = event.metrics.get(self.metric)
        if value is None:
            value = event.named_values.get(self.metric, math.nan)
        if not math.isfinite(value):
            self._recent.clear()
            return
        recent = self._recent
        recent.append(value)
        if len(recent) <= self.window:
            # Summed again while the window fills, so that no rounding errors of earlier values remain.
            self._total = math.fsum(recent)
        else:
            self._total += value - recent.popleft()
        if len(recent) == self.window and self._is_better(self._total / self.window):
            self._keep(self._total / self.window, event.iteration)

    def _is_better(self, value: float) -> bool:
        return value < self.value

    def _keep(self, value: float, iteration: int) -> None:
        data = self._net.parameters.data
        # The metric belongs to the weights before the update, which may have worsened them.
        if not self._net.device.all_finite(data):
            return
        self.value, self.iteration = value, iteration
        if self.weights is None:
            self.weights = data.copy()
        else:
            self.weights[...] = data

    @property
    def summary(self) -> dict[str, Any] | None:
        """Return metric, value (mean over the window), window and iteration; None if nothing has been chosen."""
        if not self.iteration:
            return None
        return {
            "metric": self.metric,
            "value": self.value,
            "window": self.window,
            "iteration": self.iteration,
        }

    @property
    def recent(self) -> dict[str, Any]:
        """Return the values in the window and their sum, as needed for the next update."""
        return {"values": list(self._recent), "total": self._total}

    def resume(self, chosen: tuple[float, int] | None, recent: dict[str, Any] | None) -> None:
        """Continue with the choice (value and iteration) and the window of an earlier run."""
        if chosen is not None:
            self.value, self.iteration = chosen
        if recent is not None:
            values = recent["values"][-self.window :]
            self._recent = deque(values)
            whole = len(values) == len(recent["values"])
            self._total = recent["total"] if whole else math.fsum(values)


class BestTested(BestWeights):
    """Keeps a copy of the weights with the best test: the highest accuracy, or else the lowest loss.

    ``output`` is an output of the first test net.
    """

    def __init__(self, solver: Any, output: str):
        super().__init__(solver, f"test {output}", window=1)
        self.output, self.higher = output, is_accuracy(output)
        self.value = -math.inf if self.higher else math.inf

    def listener(self, event: Event) -> None:
        """Evaluate one test's metrics, unless it is before the first update."""
        if not isinstance(event, TestDone) or event.net_index or not event.iteration:
            return
        value = event.metrics.get(self.output, math.nan)
        if math.isfinite(value) and self._is_better(value):
            self._keep(value, event.iteration)

    def _is_better(self, value: float) -> bool:
        return value > self.value if self.higher else value < self.value


def is_accuracy(output: str) -> bool:
    """Whether a net output is an accuracy, by its name."""
    return "accuracy" in output.lower()


def tested_output(solver: Any) -> str | None:
    """Return the output of the first test net by which tests are compared, or None if there is none."""
    if not solver.test_nets:
        return None
    net = solver.test_nets[0]
    single = [name for name in net.outputs if net.device_blobs[name].count == 1]
    weights = net.blob_loss_weights
    accuracies = [name for name in single if is_accuracy(name) and not weights[name]]
    losses = [name for name in single if weights[name] > 0]
    return next(iter([*accuracies, *losses]), None)
