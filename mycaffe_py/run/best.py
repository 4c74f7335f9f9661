"""Keeping the best weights in memory while training."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from mycaffe_py.answers import unknown_metric
from mycaffe_py.errors import ConfigError
from mycaffe_py.events.events import Event, StepDone, TestDone
from mycaffe_py.events.output_names import output_values
from mycaffe_py.solver.tallies import tallied_outputs

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
        self._trainer: Any = None
        """The trainer whose metric is still to be found among the first update's."""
        self._recent: deque[float] = deque()
        self._total = 0.0

    @classmethod
    def for_run(cls, solver: Any, trainer: Any) -> BestWeights:
        """Choose metric and window for a run; a short run gets a window of a tenth of its updates.

        A run with test nets chooses by its tests, if one is due after the first update.
        """
        chosen = getattr(trainer, "best_weights", None)  # which third parties' may lack
        if chosen is not None and chosen() is not None:
            return BestByTrainer(solver, trainer)
        window = max(1, min(WINDOW, solver.param.max_iter // 10))
        tests = solver.test_nets and 0 < solver.param.test_interval <= solver.param.max_iter
        if tests and trainer is not None:
            return BestOfTrainer(solver, trainer, window)
        tested = tested_output(solver) if tests else None
        if tested is not None:
            return BestTested(solver, tested)
        best = cls(solver, trainer.best_metric if trainer is not None else "loss", window)
        best._trainer = trainer
        return best

    def takes(self, metric: str) -> bool:
        """Whether a choice by this metric, of the run that this one continues, can be continued."""
        return metric == self.metric

    def listener(self, event: Event) -> None:
        """Evaluate one update's metrics."""
        if not isinstance(event, StepDone):
            return
        if self._trainer is not None:
            trainer, self._trainer = self._trainer, None
            _require_metric(trainer, [*event.metrics, *event.named_values])
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
    """Keeps a copy of the weights with the best test: the highest precision or accuracy, or else the lowest loss.

    ``output`` is an output of the first test net.
    """

    def __init__(self, solver: Any, output: str):
        super().__init__(solver, f"test {output}", window=1)
        self.output = output
        self.higher = output in higher_outputs(solver)
        self.value = -math.inf if self.higher else math.inf

    def listener(self, event: Event) -> None:
        """Evaluate one test's metrics, unless it is before the first update."""
        if isinstance(event, TestDone) and not event.net_index and event.iteration:
            self._compare(event.metrics.get(self.output, math.nan), event.iteration)

    def _compare(self, value: float, iteration: int) -> None:
        if math.isfinite(value) and self._is_better(value):
            self._keep(value, iteration)

    def _is_better(self, value: float) -> bool:
        return value > self.value if self.higher else value < self.value


class BestOfTrainer(BestTested):
    """Keeps a copy of the weights with a trainer's best test: the smallest ``best_metric``.

    The first test shows whether that is one of its metrics. If not, tests are compared by :func:`tested_output`; if
    there is no such output either, updates are, as in a run without tests.
    """

    def __init__(self, solver: Any, trainer: Any, window: int):
        super().__init__(solver, trainer.best_metric)
        self.higher, self.value = False, math.inf
        self._named_by, self._name = trainer, trainer.best_metric
        self._window = window
        self._outputs, self._other = solver.test_nets[0].outputs, tested_output(solver)
        self._higher = higher_outputs(solver)
        self._by_updates = False
        self._seen: dict[type[Event], list[str]] = {}
        """The names of the figures of the first test and of the first update, as far as they have come."""

    def listener(self, event: Event) -> None:
        """Evaluate a test's metrics, or those of an update if updates are compared."""
        if isinstance(event, TestDone):
            if not event.net_index:
                self._take_test(event)
        elif isinstance(event, StepDone):
            if StepDone not in self._seen:
                self._note(event, [*event.metrics, *event.named_values])
            if self._by_updates:
                BestWeights.listener(self, event)

    def takes(self, metric: str) -> bool:
        """Whether a choice by this metric can be continued; if so, it is from now on compared by it."""
        if metric == self._name:
            self._compare_by(metric, updates=True)
        elif metric == f"test {self._other}":
            self._compare_by(self._other)
        return metric == self.metric

    def _take_test(self, event: TestDone) -> None:
        of_outputs = dict(output_values(event.metrics, self._outputs))
        if TestDone not in self._seen:
            if self._name in event.metrics:
                self._compare_by(self._name)
            elif self._other in of_outputs:
                self._compare_by(self._other)
            else:
                self._compare_by(self._name, updates=True)
            self._note(event, list(event.metrics))
        if event.iteration and not self._by_updates:
            figures = event.metrics if self.output == self._name else of_outputs
            self._compare(figures.get(self.output, math.nan), event.iteration)

    def _note(self, event: Event, names: list[str]) -> None:
        """Note the names of an event's figures; ConfigError once it is clear that none of them is ``best_metric``."""
        self._seen[type(event)] = names
        if len(self._seen) == 2:
            _require_metric(self._named_by, list(dict.fromkeys(sum(self._seen.values(), []))))

    def _compare_by(self, output: Any, *, updates: bool = False) -> None:
        """Compare by a metric of tests or of updates; forget what was chosen by another one."""
        metric = output if updates else f"test {output}"
        if metric == self.metric:
            return
        self.metric, self.output, self._by_updates = metric, output, updates
        self.window = self._window if updates else 1
        self.higher = output != self._name and output in self._higher
        self.value, self.iteration = -math.inf if self.higher else math.inf, 0
        self.weights = None


class BestByTrainer(BestWeights):
    """Keeps the weights that the trainer itself holds to be the best."""

    def __init__(self, solver: Any, trainer: Any):
        super().__init__(solver, trainer.best_metric, window=1)
        self._chooses = trainer

    def listener(self, event: Event) -> None:
        """Take the trainer's choice after an update, if it has changed."""
        if not isinstance(event, StepDone):
            return
        value, iteration, weights = self._chooses.best_weights()
        if weights is not None and iteration != self.iteration:
            self.value, self.iteration, self.weights = value, iteration, weights


def _require_metric(trainer: Any, known: list[str]) -> None:
    """Raise ConfigError if a trainer's ``best_metric`` is none of the known figures."""
    if unknown := unknown_metric(trainer, known):
        raise ConfigError(f"trainer {trainer.type}: {unknown}")


def is_accuracy(output: str) -> bool:
    """Whether a net output is an accuracy, by its name."""
    return "accuracy" in output.lower()


def higher_outputs(solver: Any) -> list[str]:
    """Return the figures of the first test net's outputs of which more is better, those that decide first.

    They are tallies, what is called an accuracy, and elements that layers name by ``compared_element``.
    """
    if not solver.test_nets:
        return []
    net = solver.test_nets[0]
    tallied = [name for name, higher in tallied_outputs(net).items() if higher]
    weights = net.blob_loss_weights
    accuracies = [
        name
        for name in net.outputs
        if is_accuracy(name) and net.device_blobs[name].count == 1 and not weights[name]
    ]
    elements = [
        top[0].name if top[0].count == 1 else f"{top[0].name}[{layer.compared_element}]"
        for layer, top in zip(net.device_layers, net.tops, strict=True)
        if hasattr(layer, "compared_element") and top[0].name in net.outputs
    ]
    return list(dict.fromkeys(tallied + accuracies + elements))


def tested_output(solver: Any) -> str | None:
    """Return the output of the first test net by which tests are compared, or None if there is none."""
    if not solver.test_nets:
        return None
    net = solver.test_nets[0]
    tallied = tallied_outputs(net)
    if tallied:
        return next(iter(tallied))
    single = [name for name in net.outputs if net.device_blobs[name].count == 1]
    weights = net.blob_loss_weights
    losses = [name for name in single if weights[name] > 0]
    return next(iter([*higher_outputs(solver), *losses]), None)
