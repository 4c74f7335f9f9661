"""Runs that are asked to stop, or to take a snapshot, by signals and from Python."""

from __future__ import annotations

import os
import signal

import pytest

from mycaffe_py.weights import restore

from .sessions import At, record_of, session_of


@pytest.mark.posix
def test_a_signal_finishes_the_step_and_snapshots(train_small, no_pictures):
    training = train_small(iterations=1000)
    training.solver.listeners.append(At(15, lambda: os.kill(os.getpid(), signal.SIGINT)))
    session = session_of(training)
    outcome = session.run()
    assert outcome.status == "interrupted" and outcome.exit_code == 130
    assert 15 <= outcome.iterations <= 16
    assert outcome.snapshot.iteration == outcome.iterations
    assert record_of(session)["status"] == "interrupted"
    assert "last.solverstate" in outcome.files


@pytest.mark.posix
def test_sigterm_is_like_ctrl_c_and_handlers_are_put_back(train_small, no_pictures):
    before = signal.getsignal(signal.SIGTERM)
    training = train_small(iterations=1000)
    training.solver.listeners.append(At(3, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    assert session_of(training).run().status == "interrupted"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.posix
def test_a_second_signal_stops_at_once_and_tears_nothing(train_small, no_pictures):
    training = train_small("solver.snapshot=10", iterations=1000)

    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    training.solver.listeners.append(At(15, twice))
    session = session_of(training)
    outcome = session.run()
    assert outcome.exit_code == 130 and outcome.snapshot.iteration == 10
    resumed = train_small()
    restore(resumed.solver, session.directory / "last.solverstate")
    assert resumed.solver.iter == 10
    assert not [name for name in outcome.files if "tmp" in name or "temp" in name]


def test_a_signal_while_the_end_is_written_leaves_a_record_of_it(train_small, monkeypatch):
    session = session_of(train_small())

    def impatient(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(session._dispatcher, "close", impatient)
        session.run()
    session._dispatcher.close()
    record = record_of(session)
    assert record["status"] == "interrupted" and record["iteration"] == 20 and record["ended"]


@pytest.mark.posix
@pytest.mark.parametrize(("effect", "status"), [("snapshot", "done"), ("none", "done")])
def test_effects_of_sigint(train_small, no_pictures, effect, status):
    training = train_small()
    training.solver.listeners.append(At(5, lambda: os.kill(os.getpid(), signal.SIGINT)))
    session = session_of(training, sigint=effect)
    assert session.run().status == status
    taken = [snapshot["iteration"] for snapshot in record_of(session)["snapshots"]]
    assert taken[-1] == 20 and (len(taken) == 2) == (effect == "snapshot")


@pytest.mark.posix
def test_sighup_takes_a_snapshot_and_goes_on(train_small, no_pictures):
    training = train_small()
    training.solver.listeners.append(At(5, lambda: os.kill(os.getpid(), signal.SIGHUP)))
    session = session_of(training)
    assert session.run().status == "done"
    assert record_of(session)["snapshots"][0]["reason"] == "request"


def test_a_stop_asked_for_in_python_is_an_interruption(train_small, no_pictures):
    training = train_small(iterations=1000)
    training.solver.listeners.append(At(5, lambda: training.solver.request("stop")))
    assert session_of(training).run().status == "interrupted"
