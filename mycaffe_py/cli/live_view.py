"""The live view of a training run in a terminal."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
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
from mycaffe_py.visible import visible, visible_line

from .curve import draw_curves, draw_loss
from .live_layout import TABLE, Layout, layout_for
from .loss_course import LossCourse
from .redrawing import RedrawnLines

MOST_POINTS = 1000
LOSSES = 100
_PACE_SECONDS = 3.0


class LiveView(TimedObserver):
    """Shows progress, metrics, the curve of target and prediction and, in a large window, much more.

    It is drawn by the thread that passes the events, some times a second and for the window's current size, from the
    newest events alone: a fast run costs no more than a slow one. The loss shown is the mean of the last 100 updates.
    """

    expendable = True

    def __init__(self, console: Console, name: str, *, refresh_per_second: float = 6):
        self.console, self.name = console, name
        self.status = "train"
        self.first = self.iteration = 0
        self.max_iter = 1
        self._latest: StepDone | None = None
        self._losses: deque[float] = deque(maxlen=LOSSES)
        self._course = LossCourse()
        self._targets: deque[float] = deque(maxlen=MOST_POINTS)
        self._predictions: deque[float] = deque(maxlen=MOST_POINTS)
        self._paces: deque[tuple[float, int]] = deque()
        self._tests: dict[str, float] = {}
        self._snapshot = ""
        self._began: float | None = None
        self._interval = 1 / refresh_per_second
        self._drawn_at = -math.inf
        self._is_running = False
        self._messages: list[Text] = []
        self._screen = RedrawnLines(console)

    def observe(self, event: Event) -> None:
        """Process one event; lines worth keeping are printed above the view."""
        if isinstance(event, StepDone):
            self._show_step(event)
        elif isinstance(event, TrainingStarted):
            self.first = self.iteration = event.iteration
            self.max_iter = max(1, event.max_iter)
            self._paces.append((self.now, event.iteration))
            self._began = self.now
            self._is_running = True
        elif isinstance(event, TrainingEnded):
            self.status = event.status
        elif isinstance(event, SnapshotWritten):
            self._snapshot = f"iteration {event.iteration:,}"
            if event.reason in ("interval", "request"):
                self._print(f"iteration {event.iteration:,}: snapshot {event.state.name}")
        elif isinstance(event, TestDone):
            self._show_test(event)
        elif isinstance(event, FinalLoss):
            self._print(f"iteration {event.iteration:,}: loss {number(event.loss)}")
        elif isinstance(event, Log):
            self._print(event.text, "yellow" if event.level != "info" else "")

    def _print(self, text: str, style: str = "") -> None:
        self._messages.append(Text(visible(text), style=style))

    def _show_test(self, event: TestDone) -> None:
        prefix = f"test{event.net_index or ''} "
        self._tests |= {prefix + name: value for name, value in event.metrics.items()}
        shown = "  ".join(f"{name} {number(value)}" for name, value in event.metrics.items())
        self._print(f"iteration {event.iteration:,}: test net {event.net_index}  {shown}")

    def _show_step(self, event: StepDone) -> None:
        self._latest, self.iteration = event, event.iteration
        loss = event.metrics.get("loss", math.nan)
        self._losses.append(loss)
        self._course.add(loss)
        sample = event.sample
        if "target" in sample:
            self._targets.append(_first(sample["target"]))
            self._predictions.append(_first(sample.get("prediction", math.nan)))

    def idle(self) -> None:
        """Record the pace."""
        self._paces.append((self.now, self.iteration))
        while len(self._paces) > 2 and self.now - self._paces[0][0] > _PACE_SECONDS:
            self._paces.popleft()

    def tick(self) -> None:
        """Draw, if it is time or there are messages."""
        now = time.perf_counter()
        if self._messages or (self._is_running and now - self._drawn_at >= self._interval):
            self._drawn_at = now
            self._draw()

    def _draw(self) -> None:
        messages, self._messages = self._messages, []
        if self._is_running:
            above = "\n".join(map(self._screen.text_of, messages))
            self._screen.draw(self.render(), above)
        else:
            for message in messages:
                self._screen.print(message)

    def close(self) -> None:
        """Draw the last state, leave it on the screen and restore the cursor."""
        try:
            if self._is_running or self._messages:
                self._draw()
        finally:
            self._screen.end()
            self._is_running = False

    # Drawing.

    def pace(self) -> float:
        """Updates per second over the last few seconds."""
        (first_time, first), (last_time, last) = self._paces[0], self._paces[-1]
        return (last - first) / (last_time - first_time) if last_time > first_time else 0.0

    def render(self) -> RenderableType:
        """Return the whole view for the console's current size."""
        layout = layout_for(*self.console.size)
        curves = list(self._curves(layout))
        lines: list[Any] = [self._progress(layout.width), self._figures()]
        if not layout.table_rows or not self._latest:
            return Group(*lines, *curves)
        if not curves:
            return Group(*lines, self._table(layout))
        grid = Table.grid(padding=0)
        grid.add_column(width=layout.width - TABLE, no_wrap=True)
        grid.add_column(width=TABLE, no_wrap=True)
        grid.add_row(Group(*curves), self._table(layout))
        return Group(*lines, grid)

    def _curves(self, layout: Layout) -> Iterator[Text]:
        plain = self.console.options.ascii_only
        rows, loss_rows = layout.rows, layout.loss_rows
        if self._targets and rows:
            yield from draw_curves(
                list(self._targets)[-layout.points :],
                list(self._predictions)[-layout.points :],
                columns=layout.columns,
                rows=rows,
                capacity=layout.points,
                ascii_only=plain,
            )
        elif loss_rows:  # a net that learns from data layers: the loss is all that there is to draw
            loss_rows = rows
        if self._latest is not None and loss_rows:
            losses = self._course.means(2 * layout.columns)
            yield from draw_loss(losses, columns=layout.columns, rows=loss_rows, ascii_only=plain)

    def _table(self, layout: Layout) -> RenderableType:
        """Return all metrics, then tests and more, as far as there is room."""
        rows: dict[str, str] = {}
        if self._latest is not None:
            rows |= {name: number(value) for name, value in self._latest.named_values.items()}
        known = {f"test {name}": value for name, value in rows.items()}
        tests = {name: number(value) for name, value in self._tests.items()}
        rows |= {name: text for name, text in tests.items() if known.get(name) != text}
        if self._began is not None:
            rows["time"] = duration(self.now - self._began)
        if self._snapshot:
            rows["snapshot"] = self._snapshot
        grid = Table.grid(padding=(0, 1))
        grid.add_column(style="dim", no_wrap=True, overflow="ellipsis", max_width=TABLE - 16)
        grid.add_column(no_wrap=True, justify="right")
        for name, value in list(rows.items())[: layout.table_rows]:
            grid.add_row(Text(f"  {visible_line(name)}"), value)
        return grid

    def _progress(self, width: int) -> RenderableType:
        pace = self.pace() if self._paces else 0.0
        counts = f"{self.iteration:,}/{self.max_iter:,}"
        speed = f"{pace:.0f} it/s" if pace >= 10 else f"{pace:.2g} it/s"
        # A trainer may end a run before its last update.
        complete = self.iteration >= self.max_iter or self.status == "done"
        left = "0:00" if complete else "-:--"
        if pace > 0 and not complete:
            left = _clock((self.max_iter - self.iteration) / pace)
        parts = [counts, speed, f"ETA {left}"]
        taken = len(self.status) + sum(map(len, parts)) + 2 * len(parts) + 1
        grid = Table.grid(padding=(0, 1))
        bar = max(0, width - taken - 3)
        cells: list[Any] = [Text(self.status, style="bold", no_wrap=True)]
        if bar >= 8:
            reached = self.max_iter if complete else self.iteration
            cells.append(ProgressBar(self.max_iter, reached, width=bar))
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
