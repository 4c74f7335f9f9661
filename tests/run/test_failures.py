"""What a run leaves that fails, diverges or is stopped."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DivergedError, Location
from mycaffe_py.events import StepDone
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.lock import is_alive
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.weights import restore


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])


def session_of(training, **options):
    return TrainingSession(training, RunDirectory.create("runs", training.net.name), **options)


def record_of(session):
    return json.loads((session.directory / "run.json").read_text())


def after(training, iteration, action):
    def listen(event):
        if isinstance(event, StepDone) and event.iteration == iteration:
            action()

    training.solver.listeners.append(listen)


def break_layer(training, at):
    def broken(*_):
        raise RuntimeError("out of patience")

    after(training, at, lambda: setattr(training.net.layers[1], "forward", broken))


def poison(training, at, value=np.nan):
    def spoil():
        next(layer for layer in training.net.layers if layer.blobs).blobs[0].data[...] = value

    after(training, at, spoil)


def test_a_failure_inside_an_update_leaves_no_snapshot_of_that_moment(train_small):
    training = train_small(iterations=1000)
    break_layer(training, 6)
    session = session_of(training)
    with pytest.raises(RuntimeError, match="out of patience") as caught:
        session.run()
    record = record_of(session)
    assert record["status"] == "failed" and record["snapshots"] == []
    assert "no snapshot yet" in record["message"] and "out of patience" in record["message"]
    assert any("are not a consistent state" in note for note in caught.value.__notes__)
    assert not list(session.directory.path.glob("*.solverstate"))


def test_the_latest_snapshot_is_kept_and_goes_on_bit_for_bit(train_small):
    whole = session_of(train_small(iterations=20))
    whole.run()
    training = train_small("solver.snapshot=5", iterations=20)
    break_layer(training, 13)
    session = session_of(training)
    with pytest.raises(RuntimeError):
        session.run()
    assert "the latest snapshot is iteration 10: " in record_of(session)["message"]
    resumed = train_small(iterations=20, seed=99)
    restore(resumed.solver, session.directory / "last.solverstate")
    assert resumed.solver.iter == 10
    session_of(resumed).run()
    assert np.array_equal(resumed.net.parameters.data, whole.training.net.parameters.data)


def test_a_failure_between_two_updates_leaves_a_snapshot(train_small):
    training = train_small(iterations=1000)

    def fail():
        raise RuntimeError("no more")

    after(training, 6, fail)
    session = session_of(training)
    with pytest.raises(RuntimeError, match="no more"):
        session.run()
    assert record_of(session)["snapshots"][0]["iteration"] == 6


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("setting", ["solver.snapshot=4", "solver.snapshot_after_train=false"])
def test_weights_that_are_not_finite_are_never_a_snapshot(train_small, setting, bad):
    training = train_small(setting, iterations=8)
    poison(training, 8, bad)
    session = session_of(training)
    with pytest.raises(DivergedError, match=r'iteration 8: param \S+ of layer "\S+" \(CFC'):
        session.run()
    record = record_of(session)
    assert record["status"] == "diverged"
    assert [entry["iteration"] for entry in record["snapshots"]] == [4] * ("=4" in setting)
    assert not list(session.directory.path.glob("*_iter_8.*"))
    if "=4" in setting:
        assert "the latest snapshot is iteration 4: " in record["message"]
        restore(train_small().solver, session.directory / "last.solverstate")


def test_best_weights_that_are_not_finite_are_not_written(train_small):
    session = session_of(train_small())
    session.best.weights = np.full_like(session.solver.net.parameters.data, np.nan)
    session.best.iteration = 1
    before = session.solver.net.parameters.data.copy()
    with pytest.raises(DivergedError, match="param"):
        session.keeper.write_best()
    assert not (session.directory / "best.caffemodel").exists()
    assert np.array_equal(before, session.solver.net.parameters.data)


@pytest.mark.parametrize(
    ("at", "planned", "reasons"),
    [(5, 1000, ["interrupted"]), (20, 20, ["end"])],
)
def test_a_stop_writes_one_snapshot_with_its_reason(train_small, at, planned, reasons):
    training = train_small(iterations=planned)
    after(training, at, lambda: training.solver.request("stop"))
    session = session_of(training)
    outcome = session.run()
    assert [entry["reason"] for entry in record_of(session)["snapshots"]] == reasons
    assert outcome.status == {"interrupted": "interrupted", "end": "done"}[reasons[0]]


def test_a_stop_at_an_interval_writes_no_second_snapshot(train_small):
    training = train_small("solver.snapshot=5", iterations=1000)
    after(training, 5, lambda: training.solver.request("stop"))
    session = session_of(training)
    session.run()
    assert [entry["reason"] for entry in record_of(session)["snapshots"]] == ["interval"]


def best_of(session):
    return session.best.summary, (session.directory / "best.caffemodel").read_bytes()


@pytest.mark.parametrize("cut", [15, 30, 55])
def test_the_best_weights_survive_a_resume(train_small, cut):
    whole = session_of(train_small(iterations=60))
    whole.run()
    first = train_small(iterations=60)
    after(first, cut, lambda: first.solver.request("stop"))
    session = session_of(first)
    session.run()
    state = session.directory / "last.solverstate"
    second = train_small(iterations=60, seed=99)
    restore(second.solver, state)
    resumed = session_of(second, resumed_from=state)
    resumed.run()
    assert best_of(resumed) == best_of(whole)


def test_a_best_that_still_wins_is_copied(train_small):
    training = train_small(iterations=20)
    after(training, 10, lambda: training.solver.request("stop"))
    session = session_of(training)
    session.run()
    file = session.directory / "best.json"
    fields = json.loads(file.read_text())
    fields["chosen"][0] = -1.0  # better than anything that may come
    file.write_text(json.dumps(fields))
    weights = (session.directory / "best.caffemodel").read_bytes()
    state = session.directory / "last.solverstate"
    second = train_small(iterations=20)
    restore(second.solver, state)
    resumed = session_of(second, resumed_from=state)
    outcome = resumed.run()
    assert outcome.best["value"] == -1.0 and outcome.best["iteration"] <= 10
    assert (resumed.directory / "best.caffemodel").read_bytes() == weights


@pytest.mark.parametrize("spoil", ["best.json", "best.caffemodel"])
def test_a_damaged_best_is_left_out(train_small, spoil):
    first = session_of(train_small(iterations=10))
    first.run()
    (first.directory / spoil).write_bytes(b"{}")
    second = train_small(iterations=20)
    state = first.directory / "last.solverstate"
    restore(second.solver, state)
    assert session_of(second, resumed_from=state).run().best["iteration"] > 10


def test_the_metrics_keep_both_of_two_figures_of_one_name(train_small):
    training = train_small("solver.average_loss=5", iterations=10)
    session = session_of(training)
    session.run()
    with open(session.directory / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    own = [float(row["loss_output"]) for row in rows]
    assert float(rows[9]["loss"]) == pytest.approx(np.mean(own[5:]))


def test_a_failure_is_recorded_with_its_place(train_small):
    training = train_small(iterations=1000)

    def fail():
        raise ConfigError(
            "noise is too loud", hint="lower it", location=Location("s.prototxt", 4, 2)
        )

    after(training, 3, fail)
    session = session_of(training)
    with pytest.raises(ConfigError):
        session.run()
    assert record_of(session)["problem"] == {
        "message": "noise is too loud",
        "hint": "lower it",
        "file": str(Path("s.prototxt").absolute()),
        "line": 4,
        "column": 2,
    }
    assert not is_alive(session.directory.path)


def test_a_run_that_cannot_begin_leaves_no_lock(train_small, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("no")

    monkeypatch.setattr("mycaffe_py.run.session.RunRecord.start", refuse)
    directory = RunDirectory.create("runs", "Net")
    with pytest.raises(RuntimeError):
        TrainingSession(train_small(), directory)
    assert not is_alive(directory.path) and not (directory / "run.lock").exists()
