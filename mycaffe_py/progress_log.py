"""Progress of a solver that is run from Python, as lines of the ``mycaffe`` logger in Caffe's wording."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from .events import Event, SnapshotWritten, StepDone, TestDone

logger = logging.getLogger("mycaffe")


def log_progress(solver: Any) -> None:
    """Log what ``solver`` does from now on, if the logger takes messages of level INFO."""
    if logger.isEnabledFor(logging.INFO):
        solver.listeners.append(_Lines(solver.net.outputs))


class _Lines:
    """A listener of a solver: at each ``display`` iteration its loss, outputs and rate; tests; snapshots."""

    def __init__(self, outputs: list[str]):
        self.outputs = outputs

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepDone) and event.display:
            iteration = event.iteration - 1  # Caffe counts the updates done before this one
            logger.info("Iteration %d, loss = %.6g", iteration, event.metrics["loss"])
            self._log_outputs("Train", event.metrics)
            logger.info("Iteration %d, lr = %g", iteration, event.learning_rate)
        elif isinstance(event, TestDone):
            logger.info("Iteration %d, Testing net (#%d)", event.iteration, event.net_index)
            self._log_outputs("Test", event.metrics)
        elif isinstance(event, SnapshotWritten):
            logger.info("Snapshotting to %s and %s", event.weights, event.state)

    def _log_outputs(self, phase: str, metrics: Mapping[str, float]) -> None:
        values = {
            name: value
            for name, value in metrics.items()
            if phase == "Test" or self._is_output(name)
        }
        for index, (name, value) in enumerate(values.items()):
            logger.info("    %s net output #%d: %s = %.6g", phase, index, name, value)

    def _is_output(self, name: str) -> bool:
        return name.partition("[")[0] in self.outputs
