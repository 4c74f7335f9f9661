"""Observers of plugins: their threads, what they are told and given, and what becomes of one that fails."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from mycaffe_py import Observer
from mycaffe_py.builder import get_solver
from mycaffe_py.errors import DivergedError, MyCaffeWarning, OutputError, PluginError
from mycaffe_py.events import (
    ArraysTaken,
    Log,
    PictureTaken,
    RunInfo,
    StepDone,
    TestDone,
    TrainingEnded,
    TrainingStarted,
)
from mycaffe_py.run import (
    RunDirectory,
    TrainingSession,
    followers as followers_module,
    observing,
    taking,
)
from mycaffe_py.run.followers import Follower, Followers


class Recorder(Observer):
    type = "Recorder"

    def __init__(self, **wishes):
        super().__init__()
        vars(self).update(wishes)
        self.events, self.calls, self.about = [], [], None

    def start(self, run):
        self.about = run
        self.calls.append("start")

    def observe(self, event):
        self.events.append(event)
        self.calls.append("observe")

    def idle(self):
        self.calls.append("idle")

    def close(self):
        self.calls.append("close")

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def run(training, *observers, resumed_run=None):
    directory = RunDirectory.create("runs", training.net.name)
    options = {"resumed_from": resumed_run / "x.solverstate"} if resumed_run else {}
    session = TrainingSession(
        training, directory, observers=observers, resumed_run=resumed_run, **options
    )
    return session.run()


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])


def test_the_order_of_calls_and_what_is_told_at_the_start(train_small):
    training = train_small("solver.snapshot=5", iterations=10)
    recorder = Recorder()
    run(training, recorder)
    assert recorder.calls[0] == "start" and recorder.calls[-2:] == ["idle", "close"]
    assert isinstance(recorder.events[0], TrainingStarted)
    assert recorder.events[-1] == TrainingEnded(10, "done")
    assert [event.iteration for event in recorder.of(StepDone)] == list(range(1, 11))
    about = recorder.about
    assert about.folder.name == "001" and about.folder.parent.name == "LiquidNetCfc"
    assert (about.net, about.seed, about.device) == ("LiquidNetCfc", 7, "cpu")
    assert (about.iteration, about.max_iter, about.resumed_run) == (0, 10, None)
    assert about.settings["base_lr"] == 0.01 and about.settings["type"] == "AdamW"
    assert about.settings["snapshot_format"] == "BINARYPROTO" and "trainer" not in about.settings
    assert about.solver == (about.folder / "solver.prototxt").read_text()
    assert about.model == (about.folder / "model.prototxt").read_text()
    assert [(layer.name, layer.tops) for layer in about.layers][-1] == ("loss", ("loss",))
    shapes = [tuple(blob.shape) for blob in training.net.params["cfc1"]]
    assert list(about.layers[1].parameters) == shapes


def test_a_run_that_continues_another(train_small, tmp_path):
    training = train_small(iterations=10)
    training.solver.iter = 4
    recorder = Recorder()
    (tmp_path / "old").mkdir()
    run(training, recorder, resumed_run=tmp_path / "old")
    assert (recorder.about.iteration, recorder.about.resumed_run) == (4, tmp_path / "old")
    assert recorder.of(StepDone)[0].iteration == 5


def test_copies_are_the_parameters_before_and_the_gradients_of_an_update(train_small):
    training = train_small("solver.iter_size=2", "solver.clip_gradients=1e-6", iterations=9)
    solver, seen = training.solver, {}

    def look():
        if (solver.iter + 1) % 4 == 0:
            for name, blobs in solver.net.params.items():
                for index, blob in enumerate(blobs):
                    both = blob.data.copy(), blob.diff / 2
                    seen[solver.iter + 1, f"{name}/{index}"] = both

    solver.add_callback(lambda: None, look)
    recorder, other = Recorder(arrays_every=4), Recorder()
    run(training, recorder, other)
    taken = recorder.of(ArraysTaken)
    assert [event.iteration for event in taken] == [4, 8] and other.of(ArraysTaken) == []
    assert {(e.iteration, name) for e in taken for name in e.parameters} == set(seen)
    for event in taken:
        for name, array in event.parameters.items():
            data, diff = seen[event.iteration, name]
            np.testing.assert_array_equal(array, data)
            np.testing.assert_allclose(event.gradients[name], diff, rtol=1e-6)
            assert not np.shares_memory(array, training.net.parameters.data)
    training.solver.max_iter = 20
    solver.step(4)
    assert len(recorder.of(ArraysTaken)) == 2  # nothing is left behind in the solver


def test_copies_that_wait_are_bounded(train_small, monkeypatch):
    monkeypatch.setattr(taking, "MOST_BYTES", 0)
    entered, go_on = threading.Event(), threading.Event()

    class Slow(Recorder):
        def observe(self, event):
            super().observe(event)
            if isinstance(event, ArraysTaken):
                entered.set()
                go_on.wait(60)

    training = train_small(iterations=30)
    waits = lambda event: event.iteration == 2 and entered.wait(60)  # noqa: E731
    training.solver.listeners.append(lambda e: isinstance(e, StepDone) and waits(e))
    training.solver.listeners.append(
        lambda e: go_on.set() if isinstance(e, StepDone) and e.iteration == 20 else None
    )
    slow = Slow(arrays_every=1)
    run(training, slow)
    iterations = [event.iteration for event in slow.of(ArraysTaken)]
    assert iterations[0] == 1 and not set(iterations) & set(range(2, 21))
    assert len(slow.of(StepDone)) == 30


def test_pictures_are_drawn_when_asked_for_and_not_too_often(train_small, monkeypatch):
    monkeypatch.setattr(taking, "_LEAST_PAUSE", 0)
    recorder = Recorder(pictures_every=4)
    run(train_small(iterations=9), recorder)
    pictures = recorder.of(PictureTaken)
    assert [event.iteration for event in pictures] == [4, 8, 9]
    assert pictures[0].pixels.shape == (500, 900, 3) and pictures[0].pixels.dtype == np.uint8
    assert pictures[0].pixels.std() > 5
    monkeypatch.setattr(taking, "_LEAST_PAUSE", 1e9)
    recorder = Recorder(pictures_every=1)
    run(train_small(iterations=9), recorder)
    assert [event.iteration for event in recorder.of(PictureTaken)] == [1, 9]


def test_a_picture_that_fails_is_a_warning(train_small):
    training = train_small(iterations=9)
    training.trainer.draw = lambda figure: 1 / 0
    recorder = Recorder(pictures_every=1)
    run(training, recorder)
    assert recorder.of(PictureTaken) == []
    texts = [event.text for event in recorder.of(Log) if event.level == "warning"]
    assert texts == ["no pictures for observers: ZeroDivisionError: division by zero"]


class Failing(Recorder):
    type = "Failing"

    def observe(self, event):
        super().observe(event)
        raise RuntimeError("no connection")


def test_one_that_fails_gets_no_more_and_disturbs_nobody(train_small):
    failing, other, training = Failing(), Recorder(), train_small()
    words = 'observer "Failing" failed: RuntimeError: no connection; the run continues without it'

    def told():
        return words in [event.text for event in other.of(Log)]

    def await_the_failure(event):
        """The run is short, and the observers are threads."""
        if isinstance(event, StepDone) and event.iteration == 15:
            until = time.monotonic() + 10
            while not told() and time.monotonic() < until:
                time.sleep(0.01)

    training.solver.listeners.append(await_the_failure)
    outcome = run(training, failing, other)
    assert outcome.status == "done" and outcome.warnings == [words]
    assert len(failing.events) == 1 and failing.calls[-1] == "close"
    assert len(other.of(StepDone)) == 20
    assert told()


def test_one_that_is_required_stops_the_run(train_small):
    class Required(Failing):
        type, required = "Required", True

    with pytest.raises(PluginError, match='observer "Required" failed: RuntimeError: no conn'):
        run(train_small(iterations=20), Required())


def test_the_users_own_code_fails_as_it_is(train_small):
    class Untyped(Failing):
        type = ""

    with pytest.raises(RuntimeError, match="no connection") as caught:
        run(train_small(iterations=20), Untyped())
    assert "in observer Untyped" in caught.value.__notes__


def test_a_start_that_fails_closes_those_before_and_frees_the_folder(train_small):
    class Unstartable(Recorder):
        type = "Unstartable"

        def start(self, run):
            raise PermissionError(13, "Permission denied", "server")

    first = Recorder()
    with pytest.raises(OutputError, match='"Unstartable" cannot start: server: Permission denied'):
        run(train_small(), first, Unstartable())
    assert first.calls == ["start", "close"]
    assert run(train_small()).status == "done"


def test_one_that_cannot_keep_up_misses_updates_only(monkeypatch):
    monkeypatch.setattr(followers_module, "MOST_WAITING", 10)
    entered, go_on = threading.Event(), threading.Event()

    class Slow(Recorder):
        def observe(self, event):
            super().observe(event)
            entered.set()
            go_on.wait(60)

    slow = Slow()
    follower = Follower(slow, [].append)
    follower.post(TrainingStarted(0, 99))
    assert entered.wait(60)
    for iteration in range(1, 100):
        follower.post(StepDone(iteration, {}, 0.1))
    follower.post(TrainingEnded(99, "done"))
    go_on.set()
    assert follower.end(60)
    assert follower.notes() == [
        'observer "Recorder" was too slow: 89 updates were not passed to it'
    ]
    assert len(slow.of(StepDone)) == 10 and slow.events[-1] == TrainingEnded(99, "done")


def test_one_that_never_ends_is_left_behind(tmp_path):
    go_on = threading.Event()

    class Endless(Recorder):
        def close(self):
            go_on.wait(60)

    followers = Followers([Endless()], RunInfo(tmp_path, "net"), [].append)
    assert followers.end(0.01) == [
        'observer "Recorder" was not ready after 0.01 s and is left behind'
    ]
    go_on.set()


# A solver in Python.


@pytest.fixture
def solver(train_small):
    return train_small(iterations=10).solver


def test_observers_of_a_solver_in_python(solver, tmp_path):
    recorder = Recorder(arrays_every=2)
    with observing(solver, [recorder, "tensorboard:every=2"], tmp_path / "logs"):
        solver.step(3)
        solver.step(2)
    solver.step(1)
    assert [event.iteration for event in recorder.of(StepDone)] == [1, 2, 3, 4, 5]
    assert [event.iteration for event in recorder.of(ArraysTaken)] == [2, 4]
    assert recorder.events[-1] == TrainingEnded(5, "done") and recorder.calls[-1] == "close"
    assert recorder.about.folder == tmp_path / "logs" and recorder.about.settings["max_iter"] == 10
    assert [path.name[:19] for path in (tmp_path / "logs").iterdir()] == ["events.out.tfevents"]
    assert solver.listeners == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt, "interrupted"), (DivergedError, "diverged"), (ValueError, "failed")],
)
def test_the_observers_learn_how_the_block_ended(solver, tmp_path, error, status):
    recorder = Recorder()
    with pytest.raises(error), observing(solver, [recorder], tmp_path):
        raise error("why")
    assert recorder.events[-1] == TrainingEnded(0, status, "why")


def test_what_went_wrong_is_a_warning_of_python(solver, tmp_path):
    with (
        pytest.warns(MyCaffeWarning, match="Failing.*no connection"),
        observing(solver, [Failing()], tmp_path),
    ):
        solver.step(1)


def test_get_solver_leaves_the_observers_of_the_file_alone(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.prototxt").write_text(
        'net: "LiquidNetCfc.prototxt" base_lr: 0.01 lr_policy: "fixed" type: "AdamW"\n'
        'trainer { type: "RNN.SUPER_SIMPLE" } observer { type: "TensorBoard" }'
    )
    get_solver("s.prototxt").step(1)
    assert [path.name for path in tmp_path.iterdir()] == ["s.prototxt"]


def test_values_for_the_log_do_not_wait_for_observers():
    recorder = Recorder()
    follower = Follower(recorder, print)
    values = {"map": np.zeros(200)}
    follower.post(StepDone(1, {"loss": 0.5}, 0.1, display=True, elements=values))
    follower.post(TestDone(1, 0, {"map[mean]": 0.0}, values))
    assert follower.end(5)
    assert [event.elements for event in recorder.events] == [{}, {}]
    assert recorder.events[1].metrics == {"map[mean]": 0.0} and values
