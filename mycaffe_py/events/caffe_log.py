"""Progress of a run as log lines in Caffe's wording, which parsers of Caffe's logs look for."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mycaffe_py.visible import visible

from .events import (
    Event,
    FinalLoss,
    Log,
    SnapshotWritten,
    SolveEnded,
    SolveStarted,
    StepDone,
    TestDone,
    TrainingStarted,
)
from .metric_text import loss_part, metric_lines, other_lines
from .output_names import blob_of, element_weight, is_summary, output_values

logger = logging.getLogger("mycaffe")

_TEST_LOSS = "test_loss"

Outputs = Mapping[str, float]
"""Names of a net's outputs with their loss weights."""


# The beginning of a line in Caffe's log: level and date, time, process, source. Parsers read the seconds from it,
# and count words.
LINE_FORMAT = "%(levelname).1s%(asctime)s.%(msecs)03d000 %(process)d mycaffe] %(message)s"
DATE_FORMAT = "%m%d %H:%M:%S"


def stamped(text: str, severity: str = "I") -> str:
    """Return a line as it would appear in Caffe's log; ``severity`` is its letter: I, W, E or F."""
    return f"{severity}{datetime.now():{DATE_FORMAT}.%f} {os.getpid()} mycaffe] {text}"


class CaffeLog:
    """Writes a paragraph at each ``display`` iteration, and every test and snapshot, as Caffe's log does.

    ``outputs`` are those of the train net, ``test_outputs`` those of each test net. ``name`` is the net's name,
    ``policy`` the lr_policy.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        outputs: Outputs,
        display: int,
        *,
        test_outputs: Sequence[Outputs] = (),
        name: str = "",
        policy: str = "",
    ):
        self._outputs, self._display = dict(outputs), display
        self._write = lambda text: write(visible(text))
        self._test_outputs, self._name, self._policy = list(test_outputs), name, policy
        self._shown_at: float | None = None

    def write_line(self, text: str) -> None:
        """Write a line of text."""
        self._write(text)

    def write_event(self, event: Event, now: float) -> None:
        """Write an event if it is worth a line; ``now`` is when it happened, in seconds."""
        if isinstance(event, StepDone):
            if event.display:
                self._show(event, now)
        elif isinstance(event, TrainingStarted):
            self._write("Starting Optimization")
        elif isinstance(event, SolveStarted):
            self._write(f"Solving {self._name}")
            self._write(f"Learning Rate Policy: {self._policy}")
        elif isinstance(event, TestDone):
            self._show_test(event)
        elif isinstance(event, FinalLoss):
            self._write(f"Iteration {event.iteration}, loss = {event.loss:.6g}")
        elif isinstance(event, SnapshotWritten):
            form = "HDF5" if event.state.name.endswith(".h5") else "binary proto"
            self._write(f"Snapshotting to {form} file {event.weights}")
            self._write(f"Snapshotting solver state to {form} file {event.state}")
        elif isinstance(event, SolveEnded):
            self._write("Optimization stopped early." if event.early else "Optimization Done.")
        elif isinstance(event, Log):
            self._write(event.text if event.level == "info" else f"{event.level}: {event.text}")

    def _show_test(self, event: TestDone) -> None:
        index, metrics = event.net_index, event.metrics
        outputs = self._test_outputs[index] if index < len(self._test_outputs) else self._outputs
        self._write(f"Iteration {event.iteration}, Testing net (#{index})")
        if _TEST_LOSS in metrics and _TEST_LOSS not in outputs:
            self._write(f"Test loss: {metrics[_TEST_LOSS]:.6g}")
        values = output_values(metrics, outputs)
        self._show_outputs("Test", values, event.elements, outputs)
        # An output that is named like a metric already has its own line.
        known = {name for name, _ in values}
        self._show_figures(
            [*metric_lines(metrics, known), *other_lines(metrics, known | {*outputs})]
        )

    def _show(self, event: StepDone, now: float) -> None:
        # Caffe counts the updates before this one.
        iteration = event.iteration - 1
        pace = ""
        if self._shown_at is not None and now > self._shown_at:
            seconds = now - self._shown_at
            pace = f" ({self._display / seconds:g} iter/s, {seconds:.2g}s/{self._display} iters)"
        self._shown_at = now
        self._write(f"Iteration {iteration}{pace}, loss = {event.metrics.get('loss', 0.0):.6g}")
        self._show_outputs("Train", event.outputs.items(), event.elements, self._outputs)
        self._show_figures(metric_lines(event.metrics))
        self._write(f"Iteration {iteration}, lr = {event.learning_rate:g}")

    def _show_outputs(
        self,
        phase: str,
        values: Iterable[tuple[str, float]],
        elements: Mapping[str, Any],
        outputs: Outputs,
    ) -> None:
        """Write a line for each element; an output that is summarised has one if ``elements`` has its values."""
        for index, (name, value) in enumerate(printed_values(values, elements, outputs)):
            loss = loss_part(value, element_weight(name, outputs), "{:.6g}")
            self._write(f"    {phase} net output #{index}: {name} = {value:.6g}{loss}")

    def _show_figures(self, shown: Sequence[str]) -> None:
        if shown:
            self._write(f"    {', '.join(shown)}")


def printed_values(
    values: Iterable[tuple[str, float]], elements: Mapping[str, Any], outputs: Outputs
) -> Iterator[tuple[str, float]]:
    """Yield outputs as Caffe's log has them: a value for each element, each under the name of its blob.

    ``elements`` has the values of outputs that are summarised in ``values``; without them, their figures remain.
    """
    shown = set()
    for name, value in values:
        blob = blob_of(name, outputs)
        if not is_summary(name, outputs):
            yield blob, value
        elif blob not in elements:
            yield name, value
        elif blob not in shown:
            shown.add(blob)
            yield from ((blob, each) for each in elements[blob].tolist())


def caffe_log(solver: Any, write: Callable[[str], None]) -> CaffeLog:
    """Return the log of a solver's run."""
    return CaffeLog(
        write,
        weighted_outputs(solver.net),
        solver.param.display,
        test_outputs=[weighted_outputs(net) for net in solver.test_nets],
        name=solver.net.name,
        policy=solver.param.lr_policy,
    )


def weighted_outputs(net: Any) -> dict[str, float]:
    """Return the names of a net's outputs with their loss weights."""
    weights = net.blob_loss_weights
    return {name: weights.get(name, 0.0) for name in net.outputs}


def log_progress(solver: Any) -> None:
    """Log the progress of ``solver`` from now on, if the ``mycaffe`` logger is enabled for level INFO."""
    if logger.isEnabledFor(logging.INFO):
        log = caffe_log(solver, lambda line: logger.info("%s", line))

        def listener(event: Event) -> None:
            log.write_event(event, time.perf_counter())

        listener.only_displayed = True  # type: ignore[attr-defined]
        solver.listeners.append(listener)
