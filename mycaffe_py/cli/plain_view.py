"""Progress as plain lines in Caffe's wording, for logs and pipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mycaffe_py.cli.figures import blob_of, figures, loss_part, output_values
from mycaffe_py.events import Event, Log, SnapshotWritten, StepDone, TestDone
from mycaffe_py.run.dispatch import TimedObserver


class PlainView(TimedObserver):
    """Prints a paragraph at each ``display`` iteration, and every test and snapshot.

    ``outputs`` names the net's outputs with their loss weights.
    """

    expendable = True

    def __init__(self, write: Callable[[str], None], outputs: Mapping[str, float], display: int):
        self._write, self._outputs, self._display = write, dict(outputs), display
        self._shown_at: float | None = None

    def observe(self, event: Event) -> None:
        """Print what is worth a line."""
        if isinstance(event, StepDone):
            if event.display:
                self._show(event)
        elif isinstance(event, TestDone):
            self._write(f"Iteration {event.iteration}, Testing net (#{event.net_index})")
            self._show_outputs("Test", event.metrics)
            self._show_figures(event.metrics)
        elif isinstance(event, SnapshotWritten):
            self._write(f"Snapshotting to {event.weights} and {event.state.name}")
        elif isinstance(event, Log):
            self._write(event.text if event.level == "info" else f"{event.level}: {event.text}")

    def _show(self, event: StepDone) -> None:
        # Caffe counts the updates done before this one.
        iteration = event.iteration - 1
        pace = ""
        if self._shown_at is not None and self.now > self._shown_at:
            seconds = self.now - self._shown_at
            pace = f" ({self._display / seconds:g} iter/s, {seconds:.2g}s/{self._display} iters)"
        self._shown_at = self.now
        self._write(f"Iteration {iteration}{pace}, loss = {event.metrics.get('loss', 0.0):.6g}")
        self._show_outputs("Train", event.metrics)
        self._show_figures(event.metrics)
        self._write(f"Iteration {iteration}, lr = {event.learning_rate:g}")

    def _show_outputs(self, phase: str, metrics: Mapping[str, float]) -> None:
        for index, (name, value) in enumerate(output_values(metrics, self._outputs)):
            loss = loss_part(value, self._outputs[blob_of(name)], "{:.6g}")
            self._write(f"    {phase} net output #{index}: {name} = {value:.6g}{loss}")

    def _show_figures(self, metrics: Mapping[str, float]) -> None:
        shown = figures(metrics)
        if shown:
            self._write(f"    {', '.join(shown)}")
