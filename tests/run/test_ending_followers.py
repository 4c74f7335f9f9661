"""How a run with observers ends: with observers that hang, that ask Python to exit, and under an impatient user."""

from __future__ import annotations

import signal
import threading

import pytest

from mycaffe_py import Observer
from mycaffe_py.errors import MyCaffeWarning, PluginError
from mycaffe_py.events import ArraysTaken, PictureTaken, RunInfo, StepDone
from mycaffe_py.run import (
    RunDirectory,
    TrainingSession,
    followers as followers_module,
    observing,
    read_record,
    taking,
)
from mycaffe_py.run.followers import Followers


class Hanging(Observer):
    """Hangs when told of the kind of event ``at``, until ``go_on`` is set; it counts."""

    type = "Hanging"

    def __init__(self, at=StepDone, **wishes):
        super().__init__()
        vars(self).update(wishes)
        self.at, self.events = at, []
        self.entered, self.go_on = threading.Event(), threading.Event()

    def observe(self, event):
        self.events.append(event)
        if isinstance(event, self.at):
            self.entered.set()
            self.go_on.wait(60)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])


def session_of(training, *observers):
    directory = RunDirectory.create("runs", training.net.name)
    return TrainingSession(training, directory, observers=observers)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("method", ["observe", "idle", "close"])
def test_an_observer_that_asks_to_exit_is_left_out(train_small, kind, method):
    class Leaving(Observer):
        type = "Leaving"

    def leave(self, *_):
        raise kind(3)

    setattr(Leaving, method, leave)
    outcome = session_of(train_small(), Leaving()).run()
    words = f'observer "Leaving" failed: {kind.__name__}: 3; the run continues without it'
    assert (outcome.status, outcome.warnings) == ("done", [words])


def test_an_untyped_observer_that_asks_to_exit_stops_the_run_in_order(train_small):
    class Leaving(Observer):
        def observe(self, event):
            raise SystemExit(3)

    session = session_of(train_small(), Leaving())
    with pytest.raises(PluginError, match='observer "Leaving" failed: SystemExit: 3'):
        session.run()
    assert read_record(session.directory.path)["status"] == "failed"
    assert (session.directory.path / "last.caffemodel").exists()


def test_a_layer_that_asks_to_exit_ends_the_run_in_order(train_small):
    training = train_small()
    layer, real = training.net.layers[-1], training.net.layers[-1].forward

    def forward(bottom, top):
        if training.solver.iter == 7:
            raise SystemExit("enough")
        real(bottom, top)

    layer.forward = forward
    session = session_of(training)
    with pytest.raises(PluginError, match=r"sys.exit\(\) was called in training: enough"):
        session.run()
    record = read_record(session.directory.path)
    assert record["status"] == "failed" and "enough" in record["message"]
    rows = (session.directory.path / "metrics.csv").read_text().splitlines()
    assert len(rows) == 1 + 7


def test_observers_that_hang_share_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(followers_module, "_PATIENCE", 0.05)
    hanging, told = [Hanging() for _ in range(5)], []
    followers = Followers(hanging, RunInfo(tmp_path, "net"), told.append)
    followers.post(StepDone(1, {}, 0.1))
    assert all(one.entered.wait(60) for one in hanging)
    notes = followers.end(1)
    for one in hanging:
        one.go_on.set()
    assert notes == ['observer "Hanging" was not ready after 1 s and is left behind'] * 5
    # The others had no time left, or each would have been announced.
    assert told == ['waiting up to 1 s for observer "Hanging"; Ctrl-C leaves it behind']


def interrupting(monkeypatch):
    """Press Ctrl-C as soon as a run says what it waits for; return the texts."""
    texts = []

    def wait(self, follower, begin, timeout):
        texts.append(follower.name)
        signal.raise_signal(signal.SIGINT)
        return False

    monkeypatch.setattr(Followers, "_wait", wait)
    return texts


LEFT = 'observer "Hanging" was not ready when Ctrl-C was pressed and is left behind'


def test_ctrl_c_leaves_a_hanging_observer_behind_and_loses_nothing(train_small, monkeypatch):
    waited = interrupting(monkeypatch)
    hanging, other = Hanging(), Hanging()
    session = session_of(train_small(), hanging, other)
    outcome = session.run()
    for one in (hanging, other):
        one.go_on.set()
    assert waited == ["Hanging"]
    assert (outcome.status, outcome.warnings) == ("done", [LEFT, LEFT])
    folder = session.directory.path
    assert read_record(folder)["status"] == "done"
    assert len((folder / "metrics.csv").read_text().splitlines()) == 21


def test_ctrl_c_at_the_end_of_a_block_reaches_the_caller(train_small, monkeypatch, tmp_path):
    interrupting(monkeypatch)
    hanging = Hanging()
    solver = train_small().solver
    with (
        pytest.warns(MyCaffeWarning, match="left behind"),
        pytest.raises(KeyboardInterrupt),
        observing(solver, [hanging], tmp_path),
    ):
        solver.step(3)
    hanging.go_on.set()


def test_an_impatient_ctrl_c_while_the_last_picture_is_drawn_keeps_the_snapshot(train_small):
    training = train_small()

    def draw(figure):
        raise KeyboardInterrupt

    training.trainer.draw = draw
    session = session_of(training, Hanging(at=PictureTaken, pictures_every=1000))
    outcome = session.run()
    assert outcome.status == "done"
    assert (session.directory.path / f"{training.net.name}_iter_20.solverstate").exists()
    assert read_record(session.directory.path)["status"] == "done"


def test_pictures_that_wait_are_bounded(train_small, monkeypatch):
    monkeypatch.setattr(taking, "MOST_PICTURES", 3)
    monkeypatch.setattr(taking, "_LEAST_PAUSE", 0)
    monkeypatch.setattr(taking, "drawn_pixels", lambda trainer: [[[0]]])
    hanging = Hanging(at=PictureTaken, pictures_every=1)
    training = train_small()

    def let_go(event):
        if isinstance(event, StepDone) and event.iteration == 20:
            hanging.go_on.set()

    training.solver.listeners.append(let_go)
    session_of(training, hanging).run()
    taken = [event.iteration for event in hanging.events if isinstance(event, PictureTaken)]
    assert taken[:3] == [1, 2, 3] and taken[-1] == 20
    assert len(taken) <= 5


def test_copies_cannot_be_changed(train_small):
    class Changing(Observer):
        type = "Changing"
        arrays_every = 1

        def observe(self, event):
            if isinstance(event, ArraysTaken):
                event.parameters["cfc1/0"][...] = 0

    outcome = session_of(train_small(), Changing()).run()
    assert "read-only" in outcome.warnings[0] and outcome.status == "done"
