"""Exact resume where a run is stopped, snapshot or fails while its test nets run, and behind its last update."""

from __future__ import annotations

import pytest

from mycaffe_py.events import TestDone
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.weights import restore, save_snapshot

from ..building import document, layer, product
from ..solving import record, train
from ..storing import images, write_database

NOISE = 'dummy_data_param { shape { dim: 2 dim: 3 } data_filler { type: "gaussian" } }'


def data_layer(phase):
    settings = (
        'data_param { source: "db" batch_size: 2 } transform_param { mirror: true scale: 0.01 }'
    )
    return layer("data", "Data", "", "image label", f"include {{ phase: {phase} }} {settings}")


MODEL = (
    data_layer("TRAIN")
    + data_layer("TEST")
    + layer("noise", "DummyData", "", "noise", NOISE)
    + product("fc", "image", "guess", 3)
    + layer("sum", "Eltwise", "guess noise", "noisy")
    + layer("drop", "Dropout", "noisy", "dropped")
    + layer("loss", "SoftmaxWithLoss", "dropped label", "loss")
)
SETTINGS = "momentum: 0.9 max_iter: 6 test_iter: 3 test_iter: 2 test_interval: 2 display: 1 "


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_database("db", images(7, (1, 2, 2)), [0, 1, 2, 0, 1, 2, 0])
    trainings = []

    def build(settings=""):
        training = train(SETTINGS + settings, model=document(MODEL))
        trainings.append(training)
        return training.solver

    yield build
    for training in trainings:
        for net in (training.net, *training.solver.test_nets):
            net.close()


@pytest.fixture
def whole(build):
    """A run that nothing happens to: its tests and, at the end, its weights."""
    solver = build()
    events = record(solver)
    solver.solve()
    return results(events), solver.net.parameters.data.tobytes()


def results(events):
    return [event for event in events if isinstance(event, TestDone)]


def at_pass(solver, test_net, number, action):
    """Do something in a pass of a test net, counted from 1 over all tests."""
    passes = []

    def count(index):
        if index == 0:
            passes.append(index)
            if len(passes) == number:
                action()

    solver.test_nets[test_net].before_forward(count)


def go_on(build, state):
    solver = build()
    restore(solver, state)
    events = record(solver)
    solver.solve()
    return results(events), solver.net.parameters.data.tobytes()


# The second test, at iteration 2: pass 4 to 6 of the first net, 3 and 4 of the second.
PASSES = [(0, 4), (0, 5), (0, 6), (1, 3), (1, 4)]


@pytest.mark.parametrize(("test_net", "number"), PASSES)
def test_a_stop_in_a_test(build, whole, test_net, number):
    solver = build("snapshot_after_train: false")
    events = record(solver)
    at_pass(solver, test_net, number, lambda: solver.request("stop"))
    solver.solve()
    assert solver.iter == 2
    assert results(events)[:2] == whole[0][:2]
    _, state = save_snapshot(solver, "stopped")
    tests, weights = go_on(build, state)
    assert tests == whole[0][2:] and weights == whole[1]
    solver.clear_requests()
    solver.step(4)  # the same solver goes on as well
    assert solver.net.parameters.data.tobytes() == weights


@pytest.mark.parametrize(("test_net", "number"), PASSES)
def test_a_snapshot_in_a_test(build, whole, test_net, number):
    solver = build()
    events = record(solver)
    solver.snapshot_action = lambda reason: save_snapshot(solver, reason)
    at_pass(solver, test_net, number, lambda: solver.request("snapshot"))
    solver.solve()
    # The run itself is not touched by its snapshot.
    assert results(events) == whole[0]
    assert solver.net.parameters.data.tobytes() == whole[1]
    last_pass = (test_net, number) == PASSES[-1]  # after it comes an update, then the snapshot
    tests, weights = go_on(build, f"request_iter_{3 if last_pass else 2}.solverstate")
    assert tests == whole[0][4 if last_pass else 2 :] and weights == whole[1]


@pytest.mark.parametrize(("test_net", "number"), PASSES)
def test_an_exception_in_a_test(build, whole, test_net, number):
    solver = build()

    def fail():
        raise RuntimeError("lost")

    at_pass(solver, test_net, number, fail)
    with pytest.raises(RuntimeError, match="lost"):
        solver.solve()
    assert not solver.in_update
    _, state = save_snapshot(solver, "failed")
    tests, weights = go_on(build, state)
    assert tests == whole[0][2:] and weights == whole[1]


@pytest.mark.parametrize("settings", ["", "snapshot_after_train: false", "snapshot: 3"])
def test_the_end_of_a_run_is_kept_before_the_passes_that_follow(build, whole, tmp_path, settings):
    training = train(SETTINGS + settings, model=document(MODEL), overrides=["solver.max_iter=3"])
    outcome = TrainingSession(training, RunDirectory.at(tmp_path / "run")).run()
    assert outcome.snapshot.iteration == 3 and not training.solver.snapshot_at_end
    tests, weights = go_on(build, tmp_path / "run" / "last.solverstate")
    assert tests == whole[0][4:] and weights == whole[1]
    for net in (training.net, *training.solver.test_nets):
        net.close()
