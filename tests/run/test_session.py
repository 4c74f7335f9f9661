from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.errors import DivergedError, MissingExtraError, OutputError
from mycaffe_py.events import (
    Observer,
    SnapshotWritten,
    StepDone,
    TrainingEnded,
    TrainingStarted,
)
from mycaffe_py.net import Net
from mycaffe_py.run import pictures, read_record
from mycaffe_py.run.dispatch import TimedObserver
from mycaffe_py.run.metrics import FIRST_COLUMNS
from mycaffe_py.weights import restore

from .sessions import At, record_of, session_of

PICTURES = {"curve.png", "loss.png"}


class Recorder(Observer):
    def __init__(self):
        self.events = []

    def observe(self, event):
        self.events.append(event)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def test_a_finished_run_leaves_everything(train_small):
    training = train_small("solver.snapshot=8")
    observer = Recorder()
    session = session_of(training, observers=[observer], command=["mycaffe", "train"])
    outcome = session.run()
    assert outcome.status == "done" and outcome.exit_code == 0 and outcome.iterations == 20
    assert session.directory.path == Path("runs/LiquidNetCfc/001")
    numbered = {
        f"LiquidNetCfc_iter_{number}.{kind}"
        for number in (8, 16, 20)
        for kind in ("caffemodel", "solverstate")
    }
    assert set(outcome.files) == numbered | PICTURES | {
        "best.caffemodel",
        "best.json",
        "last.caffemodel",
        "last.solverstate",
        "live.jsonl",
        "metrics.csv",
        "metrics.jsonl",
        "model.prototxt",
        "progress.json",
        "run.json",
        "solver.prototxt",
    }
    assert [event.iteration for event in observer.of(StepDone)] == list(range(1, 21))
    assert [event.reason for event in observer.of(SnapshotWritten)] == ["interval"] * 2 + ["end"]
    assert isinstance(observer.events[0], TrainingStarted)
    assert observer.of(TrainingEnded)[0].status == "done"


def test_the_record_tells_what_how_and_on_what(train_small, no_pictures):
    session = session_of(train_small(), command=["mycaffe", "train", "--seed", "7"])
    before = record_of(session)
    assert before["status"] == "running" and before["ended"] is None
    session.run()
    record = record_of(session)
    assert record["status"] == "done" and record["iteration"] == 20
    assert record["seed"] == 7 and record["command"] == ["mycaffe", "train", "--seed", "7"]
    assert record["device"]["name"] == "cpu" and record["dtype"] == "float32"
    assert {"mycaffe-py", "python", "numpy", "protobuf"} <= record["versions"].keys()
    assert record["git_commit"] is None and record["resumed_from"] is None
    assert record["best"]["metric"] == "mean_abs_error" and record["best"]["window"] == 2
    assert record["trainer"] == "RNN.SUPER_SIMPLE" and record["gym"] == "Curve"
    assert record["snapshots"] == [
        {
            "iteration": 20,
            "weights": "LiquidNetCfc_iter_20.caffemodel",
            "state": "LiquidNetCfc_iter_20.solverstate",
            "reason": "end",
        }
    ]
    assert record["problem"] is None and record["resumed_run"] is None
    assert record["started"] <= record["ended"]


def test_the_git_commit_is_recorded(train_small, no_pictures):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    for command in (
        ["git", "init", "-q"],
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x", "--allow-empty"],
    ):
        subprocess.run(command, check=True, env=environment)
    session = session_of(train_small())
    assert len(record_of(session)["git_commit"]) == 40
    session.run()


def test_the_resolved_files_build_the_same_training(train_small, registry, no_pictures):
    session = session_of(train_small())
    session.run()
    again = build_training(
        solver=session.directory / "solver.prototxt",
        model=session.directory / "model.prototxt",
        registry=registry,
        seed=7,
    )
    again.solver.solve()
    assert np.array_equal(again.net.parameters.data, session.training.net.parameters.data)


def test_metrics_have_a_row_for_each_update(train_small, no_pictures):
    session = session_of(train_small())
    session.run()
    with open(session.directory / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[: len(FIRST_COLUMNS)] == list(FIRST_COLUMNS)
    assert [int(row["iteration"]) for row in rows] == list(range(1, 21))
    assert all(math.isfinite(float(row["loss"])) for row in rows)
    assert all(float(row["lr"]) == pytest.approx(0.01) for row in rows)
    lines = (session.directory / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["loss"] == float(rows[-1]["loss"])


def test_runs_never_overwrite_each_other(train_small, no_pictures):
    first, second = session_of(train_small()), session_of(train_small())
    first.run()
    second.run()
    assert first.directory.path != second.directory.path


def test_observing_does_not_change_the_training(train_small, no_pictures):
    quiet = train_small()
    quiet.solver.solve()
    session = session_of(train_small("solver.snapshot=3"))
    session.run()
    assert np.array_equal(quiet.net.parameters.data, session.training.net.parameters.data)


def test_best_weights_are_those_of_their_iteration(train_small, registry, no_pictures):
    training = train_small(iterations=30)
    kept = {}
    training.solver.listeners.append(
        lambda event: (
            kept.update({event.iteration: training.net.parameters.data.copy()})
            if isinstance(event, StepDone)
            else None
        )
    )
    session = session_of(training)
    outcome = session.run()
    net = Net(
        str(session.directory / "model.prototxt"),
        weights=str(session.directory / "best.caffemodel"),
        registry=registry,
    )
    assert np.array_equal(net.parameters.data, kept[outcome.best["iteration"]])
    net.copy_from(session.directory / "last.caffemodel")
    assert np.array_equal(net.parameters.data, training.net.parameters.data)


def test_n_steps_resume_and_m_steps_are_n_plus_m_steps(train_small, no_pictures):
    whole = session_of(train_small(iterations=24))
    whole.run()
    first = session_of(train_small(iterations=10))
    first.run()
    for name in ("last.solverstate", "LiquidNetCfc_iter_10.solverstate"):
        second = train_small(iterations=24, seed=99)
        restore(second.solver, first.directory / name)
        state = first.directory / name
        session = session_of(second, resumed_from=state, resumed_run=first.directory.path)
        assert session.run().iterations == 14
        assert np.array_equal(second.net.parameters.data, whole.training.net.parameters.data)
        assert record_of(session)["resumed_from"] == str(first.directory / name)
        assert record_of(session)["resumed_run"] == "../002"


def test_snapshot_prefix_of_the_solver_file_is_honoured(train_small, no_pictures):
    session = session_of(train_small('solver.snapshot_prefix="snaps/mine"'))
    session.run()
    assert Path("snaps/mine_iter_20.caffemodel").is_file()
    assert (session.directory / "last.solverstate").is_file()
    state = Path("snaps/mine_iter_20.solverstate").absolute()
    assert record_of(session)["snapshots"][0]["state"] == str(state)
    resumed = train_small()
    restore(resumed.solver, session.directory / "last.solverstate")
    assert resumed.solver.iter == 20


def test_a_snapshot_prefix_that_cannot_be_written_stops_before_training(train_small):
    Path("file").touch()
    with pytest.raises(OutputError, match="cannot write snapshots to file"):
        session_of(train_small('solver.snapshot_prefix="file/mine"'))


def test_no_snapshot_after_train_still_leaves_last_weights(train_small, no_pictures):
    session = session_of(train_small("solver.snapshot_after_train=false"))
    assert "last.caffemodel" in session.run().files


class SlowView(TimedObserver):
    """A terminal that takes nothing more after the first event."""

    def __init__(self):
        self.go = threading.Event()

    def observe(self, event):
        self.go.wait(10)


def test_a_slow_view_does_not_hold_up_the_files(train_small, monkeypatch, no_pictures):
    view = SlowView()
    training = train_small()
    session = session_of(training, observers=[view])
    close = session._views.close
    monkeypatch.setattr(session._views, "close", lambda: close(0.05))
    outcome = session.run()
    assert len((session.directory.path / "metrics.csv").read_text().splitlines()) == 21
    assert any("last lines of the log are missing" in text for text in outcome.warnings)
    view.go.set()
    assert close(5)


def test_divergence_is_recorded_and_keeps_no_bad_weights(train_small, no_pictures):
    training = train_small(iterations=1000)

    def poison():
        training.net.parameters.data[...] = np.nan

    training.solver.listeners.append(At(12, poison))
    session = session_of(training)
    with pytest.raises(DivergedError, match="first bad blob"):
        session.run()
    record = record_of(session)
    assert record["status"] == "diverged" and "loss is nan" in record["message"]
    assert not (session.directory / "last.caffemodel").exists()


def test_an_observer_that_fails_stops_the_run_after_a_snapshot(train_small, no_pictures):
    class Full(Observer):
        def observe(self, event):
            raise OSError(28, "No space left on device", "progress.log")

    session = session_of(train_small(iterations=10**6), observers=[Full()])
    with pytest.raises(OutputError, match="cannot write progress.log: No space left on device"):
        session.run()
    assert record_of(session)["status"] == "failed"
    assert (session.directory / "last.solverstate").is_file()


def test_pictures_are_drawn(train_small):
    session = session_of(train_small())
    session.run()
    for name in PICTURES:
        assert (session.directory / name).read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_training_succeeds_and_says_how_to_get_pictures(
    train_small, monkeypatch
):
    def missing(module, extra):
        raise MissingExtraError(f"no {module}")

    monkeypatch.setattr(pictures, "require", missing)
    outcome = session_of(train_small()).run()
    assert outcome.status == "done" and not PICTURES & set(outcome.files)
    assert len(outcome.warnings) == 1 and 'pip install "mycaffe-py[plot]"' in outcome.warnings[0]


def test_a_broken_matplotlib_does_not_lose_the_run(train_small, monkeypatch):
    def broken(module, extra):
        raise RuntimeError("broken off")

    monkeypatch.setattr(pictures, "require", broken)
    outcome = session_of(train_small()).run()
    assert outcome.status == "done"
    assert outcome.warnings == [
        "no pictures: matplotlib cannot be imported: RuntimeError: broken off"
    ]


def test_a_picture_that_fails_does_not_lose_the_run(train_small, monkeypatch):
    training = train_small()

    def broken(figure):
        raise ValueError("no ink")

    monkeypatch.setattr(training.trainer, "draw", broken)
    outcome = session_of(training).run()
    assert outcome.status == "done" and "loss.png" in outcome.files
    assert outcome.warnings == ["curve.png could not be drawn: ValueError: no ink"]


def test_a_snapshot_prefix_that_is_a_folder_holds_the_snapshots(train_small, no_pictures, tmp_path):
    folder = tmp_path / "snaps"
    folder.mkdir()
    session = session_of(train_small(f'solver.snapshot_prefix="{folder}"'))
    outcome = session.run()
    assert outcome.snapshot.state.parent == folder


def test_the_record_says_when_the_pictures_are_there(train_small):
    session = session_of(train_small())
    session.run()
    record = read_record(session.directory.path)
    assert record["pictures"] == ["curve.png", "loss.png"]
