from __future__ import annotations

import errno
import io
import math
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mycaffe_py.cli.failures import echo_result, report, say, warn
from mycaffe_py.cli.live_view import LiveView
from mycaffe_py.cli.plain_view import PlainView
from mycaffe_py.cli.views import Terminal
from mycaffe_py.events import (
    FinalLoss,
    Log,
    SnapshotWritten,
    SolveEnded,
    SolveStarted,
    StepDone,
    TestDone,
    TrainingEnded,
    TrainingStarted,
)
from mycaffe_py.events.caffe_log import CaffeLog
from mycaffe_py.events.output_names import output_values
from mycaffe_py.run.dispatch import Dispatcher

FIGURES = {
    "loss": 0.0031,
    "accuracy": 0.52,
    "baseline_accuracy": 0.19,
    "mean_abs_error": 0.0042,
}


def step(iteration, *, display=False, sample=True, outputs=None, **more):
    y = math.sin(iteration / 30)
    shown = {"x": iteration / 30, "target": y, "prediction": y * 0.9} if sample else {}
    values = outputs or {"loss": FIGURES["loss"]}
    return StepDone(iteration, FIGURES | more, 0.01, display=display, sample=shown, outputs=values)


def plain(*events, outputs=None, display=100):
    lines = []
    view = PlainView(CaffeLog(lines.append, outputs or {"loss": 1.0}, display))
    for index, event in enumerate(events):
        view.now = index * 0.25
        view.observe(event)
    return lines


def test_plain_lines_use_caffes_wording():
    lines = plain(step(1, display=True), step(101, display=True))
    assert lines == [
        "Iteration 0, loss = 0.0031",
        "    Train net output #0: loss = 0.0031 (* 1 = 0.0031 loss)",
        "    accuracy = 0.52 (baseline 0.19), mean abs error = 0.0042",
        "Iteration 0, lr = 0.01",
        "Iteration 100 (400 iter/s, 0.25s/100 iters), loss = 0.0031",
        "    Train net output #0: loss = 0.0031 (* 1 = 0.0031 loss)",
        "    accuracy = 0.52 (baseline 0.19), mean abs error = 0.0042",
        "Iteration 100, lr = 0.01",
    ]


def test_plain_lines_come_at_display_iterations_only():
    assert plain(step(1), step(2)) == []


def test_plain_lines_of_tests_snapshots_and_messages():
    written = SnapshotWritten(
        10, Path("runs/a_iter_10.caffemodel"), Path("runs/a_iter_10.solverstate")
    )
    test = TestDone(10, 1, {"loss": 0.5, "y[0]": 1.0, "y[1]": 2.0})
    lines = plain(
        test, written, Log("hello"), Log("careful", "warning"), outputs={"loss": 1, "y": 0}
    )
    assert lines == [
        "Iteration 10, Testing net (#1)",
        "    Test net output #0: loss = 0.5 (* 1 = 0.5 loss)",
        "    Test net output #1: y = 1",
        "    Test net output #2: y = 2",
        "Snapshotting to binary proto file runs/a_iter_10.caffemodel",
        "Snapshotting solver state to binary proto file runs/a_iter_10.solverstate",
        "hello",
        "warning: careful",
    ]


def test_plain_lines_of_the_start_and_the_end():
    lines = []
    view = PlainView(CaffeLog(lines.append, {}, 0, name="LeNet", policy="inv"))
    ends = [SolveEnded(10), SolveEnded(8, early=True), TrainingEnded(10, "failed")]
    for event in [TrainingStarted(0, 10), SolveStarted(0), FinalLoss(10, 0.25), *ends]:
        view.observe(event)
    assert lines == [
        "Starting Optimization",
        "Solving LeNet",
        "Learning Rate Policy: inv",
        "Iteration 10, loss = 0.25",
        "Optimization Done.",
        "Optimization stopped early.",
    ]


def test_plain_lines_of_a_test_net_name_its_own_outputs():
    lines = []
    tests = [{"loss": 1.0}, {"accuracy": 0.0, "loss": 2.0}]
    view = PlainView(CaffeLog(lines.append, {"loss": 1.0}, 0, test_outputs=tests))
    view.observe(TestDone(5, 1, {"test_loss": 3.0, "accuracy": 0.5, "loss": 1.5}))
    assert lines[:4] == [
        "Iteration 5, Testing net (#1)",
        "Test loss: 3",
        "    Test net output #0: accuracy = 0.5",
        "    Test net output #1: loss = 1.5 (* 2 = 3 loss)",
    ]


def test_plain_lines_of_snapshots_in_hdf5():
    written = SnapshotWritten(1, Path("a.caffemodel.h5"), Path("a.solverstate.h5"))
    assert plain(written) == [
        "Snapshotting to HDF5 file a.caffemodel.h5",
        "Snapshotting solver state to HDF5 file a.solverstate.h5",
    ]


def test_an_output_whose_name_is_taken_shows_its_own_value():
    event = step(1, display=True, outputs={"loss": 0.5, "accuracy": 0.25})
    lines = plain(event, outputs={"loss": 2.0, "accuracy": 0.0})
    assert lines == [
        "Iteration 0, loss = 0.0031",
        "    Train net output #0: loss = 0.5 (* 2 = 1 loss)",
        "    Train net output #1: accuracy = 0.25",
        "    accuracy = 0.52 (baseline 0.19), mean abs error = 0.0042",
        "Iteration 0, lr = 0.01",
    ]


def test_an_output_that_is_called_like_that_itself_is_no_other():
    outputs = {"y": 1.0, "y_output": 0.0}
    assert output_values({"loss": 9.0, "y": 1.0, "y_output": 2.0}, outputs) == [
        ("y", 1.0),
        ("y_output", 2.0),
    ]
    assert output_values({"y[0]": 9.0, "y[0]_output": 1.0}, {"y"}) == [("y[0]", 1.0)]


class Closed(io.StringIO):
    """A terminal that was closed."""

    def isatty(self):
        return True

    def write(self, text):
        raise OSError(errno.EIO, "Input/output error")

    def flush(self):
        self.write("")


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_run_goes_on_without_the_live_view_of_a_closed_terminal(wrapped, monkeypatch):
    died = []
    monkeypatch.setattr(threading, "excepthook", died.append)  # of rich's own thread
    file = Terminal(Closed()) if wrapped else Closed()
    view = LiveView(Console(file=file, force_terminal=True), "x", refresh_per_second=100)
    dispatcher = Dispatcher([view], interval=0.001)
    dispatcher.listener(TrainingStarted(0, 9))
    dispatcher.listener(Log("a message"))
    dispatcher.close()
    dispatcher.raise_failure()
    assert not wrapped or not died


def test_messages_to_a_closed_terminal_stop_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Closed())
    say("hello")
    warn("careful")
    assert report(ValueError("x"), debug=True) == 1
    assert report(KeyboardInterrupt()) == 130
    monkeypatch.setattr(sys, "stdout", Closed())
    echo_result(b"runs/x/001")


def test_a_result_that_cannot_be_stored_is_still_an_error(monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(OSError, match="No space"):
        echo_result("runs/x/001")


def live(width, height=24, *, steps=500, sample=True, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=file, width=width, height=height, force_terminal=True)
    view = LiveView(console, "LiquidNetCfc")
    view.max_iter = 4000
    for iteration in range(1, steps + 1):
        view.now = iteration / 400
        view.observe(step(iteration, sample=sample))
    view.idle()
    view._paces.appendleft((0.0, 0))
    return view


def text_of(view):
    size = view.console.size
    console = Console(
        record=True, width=size.width, height=size.height, file=io.StringIO(), color_system=None
    )
    view.console = console
    console.print(view.render())
    return console.export_text().rstrip("\n").split("\n")


def test_live_view_fits_80_columns_and_24_lines():
    lines = text_of(live(80))
    assert max(map(len, lines)) <= 80 and len(lines) <= 22
    assert "500/4,000" in lines[0] and "400 it/s" in lines[0] and "ETA 0:09" in lines[0]
    assert "loss 0.0031" in lines[1] and "(baseline 0.190)" in lines[1] and "lr 0.01" in lines[1]
    assert "prediction" in lines[-1] and "last 200 updates" in lines[-1]
    assert any("⠀" <= sign <= "⣿" for line in lines[2:-1] for sign in line)


@pytest.mark.parametrize("width", [20, 30, 40, 60, 79, 120, 200])
@pytest.mark.parametrize("height", [3, 8, 24, 50])
def test_live_view_survives_any_window(width, height):
    lines = text_of(live(width, height))
    assert max(map(len, lines)) <= width
    assert any("500/4,000" in line for line in lines) or width < 40


def test_live_view_draws_the_first_of_several_values():
    single, several = live(80, steps=0), live(80, steps=0)
    for iteration in range(1, 301):
        event = step(iteration)
        single.observe(event)
        values = {name: [event.sample[name], 1e6] for name in ("target", "prediction")}
        several.observe(replace(event, sample=event.sample | values))
    assert text_of(several) == text_of(single) and len(text_of(single)) > 10


def test_live_view_without_sample_or_step():
    assert len(text_of(live(80, sample=False))) == 2
    assert "starting" in text_of(live(80, steps=0))[1]


def test_live_view_shows_an_unknown_loss_as_such():
    view = live(80, steps=0)
    view.observe(step(1, loss=math.nan))
    assert "nan" in text_of(view)[1]


def test_live_view_of_a_run_that_its_trainer_ended():
    view = live(80)
    view.observe(TestDone(500, 0, {"mean_abs_error": FIGURES["mean_abs_error"]}))
    view.observe(TrainingEnded(500, "done"))
    lines = text_of(view)
    assert "500/4,000" in lines[0] and "ETA 0:00" in lines[0]
    # A figure of a test that is the trainer's own has one line.
    assert not any("test mean_abs" in line for line in lines)


def test_live_view_draws_and_gives_the_cursor_back():
    view = live(80, steps=0)
    view.observe(TrainingStarted(0, 50))
    for iteration in range(1, 51):
        view.now = iteration / 10
        view.observe(step(iteration))
    view.idle()
    view.observe(SnapshotWritten(50, Path("a.caffemodel"), Path("a.solverstate")))
    view.observe(Log("a message"))
    view.observe(TrainingEnded(50, "done"))
    view.close()
    view.console.file.flush()
    shown = view.console.file.buffer.getvalue().decode()
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1
    assert "50/50" in shown and "snapshot a.solverstate" in shown and "a message" in shown
