"""The live view of a training run in a terminal."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mycaffe_py.events.events import (
    Event,
    FinalLoss,
    Log,
    SnapshotWritten,
    StepDone,
    TestDone,
    TrainingEnded,
    TrainingStarted,
)
from mycaffe_py.events.metric_text import duration, number
from mycaffe_py.run.dispatch import TimedObserver

from .curve import draw_curves

POINTS = 200
LOSSES = 100
MAX_WIDTH = 100
CURVE_COLUMNS, CURVE_ROWS = 60, 10
_PACE_SECONDS = 3.0
_LINES_BESIDE_CURVE = 6


class LiveView(TimedObserver):
    """Shows progress, metrics and the curve of target and prediction, redrawn by rich's own thread.

    Drawing uses only the newest events, so a fast run costs no more than a slow one. The loss
    shown is the mean of the last 100 updates.
    """

    expendable = True

    def __init__(self, console: Console, name: str, *, refresh_per_second: float = 6):
        self.console, self.name = console, name
        self.status = "train"
        self.start = self.iteration = 0
        self.max_iter = 1
        self._latest: StepDone | None = None
        self._losses: deque[float] = deque(maxlen=LOSSES)
        self._targets: deque[float] = deque(maxlen=POINTS)
        self._predictions: deque[float] = deque(maxlen=POINTS)
        self._paces: deque[tuple[float, int]] = deque()
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=refresh_per_second,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def observe(self, event: Event) -> None:
        """Process one event; lines worth keeping are printed above the view."""
        if isinstance(event, StepDone):
            self._show_step(event)
        elif isinstance(event, TrainingStarted):
            self.start = self.iteration = event.iteration
            self.max_iter = max(1, event.max_iter)
            self._paces.append((self.now, event.iteration))
            self._live.start()
        elif isinstance(event, TrainingEnded):
            self.status = event.status
        elif isinstance(event, SnapshotWritten):
            if event.reason in ("interval", "request"):
                self._print(f"iteration {event.iteration:,}: snapshot {event.state.name}")
        elif isinstance(event, TestDone):
            shown = "  ".join(f"{name} {number(value)}" for name, value in event.metrics.items())
            self._print(f"iteration {event.iteration:,}: test net {event.net_index}  {shown}")
        elif isinstance(event, FinalLoss):
            self._print(f"iteration {event.iteration:,}: loss {number(event.loss)}")
        elif isinstance(event, Log):
            self._print(event.text, "yellow" if event.level != "info" else "")

    def _print(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style))

    def _show_step(self, event: StepDone) -> None:
        self._latest, self.iteration = event, event.iteration
        self._losses.append(event.metrics.get("loss", math.nan))
        sample = event.sample
        if "target" in sample:
            self._targets.append(_first(sample["target"]))
            self._predictions.append(_first(sample.get("prediction", math.nan)))

    def idle(self) -> None:
        """Record the pace; drawing is the other thread's work."""
        self._paces.append((self.now, self.iteration))
        while len(self._paces) > 2 and self.now - self._paces[0][0] > _PACE_SECONDS:
            self._paces.popleft()

    def close(self) -> None:
        """Draw the last state, leave it on the screen and restore the cursor."""
        self._live.stop()

    # Drawing.

    def pace(self) -> float:
        """Updates per second over the last few seconds."""
        (first_time, first), (last_time, last) = self._paces[0], self._paces[-1]
        return (last - first) / (last_time - first_time) if last_time > first_time else 0.0

    def render(self) -> RenderableType:
        """Return the whole view for the console's current size."""
        size = self.console.size
        width = min(size.width, MAX_WIDTH)
        lines: list[Any] = [self._progress(width), self._figures()]
        rows = min(CURVE_ROWS, size.height - _LINES_BESIDE_CURVE)
        columns = min(CURVE_COLUMNS, width - 11)
        if self._targets and rows >= 4 and columns >= 20:
            lines += draw_curves(
                list(self._targets),
                list(self._predictions),
                columns=columns,
                rows=rows,
                capacity=POINTS,
                ascii_only=self.console.options.ascii_only,
            )
        return Group(*lines)

    def _progress(self, width: int) -> RenderableType:
        pace = self.pace() if self._paces else 0.0
        counts = f"{self.iteration:,}/{self.max_iter:,}"
        speed = f"{pace:.0f} it/s" if pace >= 10 else f"{pace:.2g} it/s"
        left = "0:00" if self.iteration >= self.max_iter else "-:--"
        if pace > 0 and self.iteration < self.max_iter:
            left = _clock((self.max_iter - self.iteration) / pace)
        parts = [counts, speed, f"ETA {left}"]
        taken = len(self.status) + sum(map(len, parts)) + 2 * len(parts) + 1
        grid = Table.grid(padding=(0, 1))
        bar = max(0, width - taken - 3)
        cells: list[Any] = [Text(self.status, style="bold", no_wrap=True)]
        if bar >= 8:
            cells.append(ProgressBar(self.max_iter, min(self.iteration, self.max_iter), width=bar))
        cells += [Text(part, no_wrap=True) for part in parts]
        grid.add_row(*cells)
        return grid

    def _figures(self) -> Text:
        latest, text = self._latest, Text()
        if latest is None:
            return Text("starting", style="dim")
        metrics = latest.named_values
        finite = [loss for loss in list(self._losses) if math.isfinite(loss)]
        loss = sum(finite) / len(finite) if finite else math.nan
        text.append("loss ", style="dim").append(f"{loss:<9.4g}", style="bold")
        if "accuracy" in metrics:
            text.append(" accuracy ", style="dim")
            text.append(f"{metrics['accuracy']:<5.3f}", style="bold green")
            if "baseline_accuracy" in metrics:
                text.append(f" (baseline {metrics['baseline_accuracy']:.3f})")
        if "mean_abs_error" in metrics:
            text.append("  mean abs error ", style="dim")
            text.append(f"{metrics['mean_abs_error']:.4f}")
        return text.append("  lr ", style="dim").append(f"{latest.learning_rate:g}")


def _first(value: Any) -> float:
    """Return the first of several values, or the only one."""
    return float(value[0]) if isinstance(value, list) else float(value)


def _clock(seconds: float) -> str:
    return duration(seconds) if seconds >= 60 else f"0:{seconds:02.0f}"
