"""Requests to a run by a file in its folder."""

from __future__ import annotations

import json
import threading
import time

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.events import Log, Observer, StepDone, TrainingEnded, TrainingStarted
from mycaffe_py.run import asking
from mycaffe_py.run.asking import ASKS, AskedByFile, ask_run
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.lock import RunLock
from mycaffe_py.run.session import TrainingSession


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])


class Lines(Observer):
    def __init__(self):
        self.texts = []

    def observe(self, event):
        if isinstance(event, Log):
            self.texts.append(event.text)


def session_of(training, **options):
    return TrainingSession(training, RunDirectory.create("runs", training.net.name), **options)


def record_of(folder):
    return json.loads((folder / "run.json").read_text())


def at(training, iteration, action):
    """Call an action in the training thread after an update."""

    def listen(event):
        if isinstance(event, StepDone) and event.iteration == iteration:
            action()

    training.solver.listeners.append(listen)


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_stop_is_like_ctrl_c(train_small):
    training, lines = train_small(iterations=10**6), Lines()
    session = session_of(training, observers=[lines])
    folder = session.directory.path

    def ask():
        ask_run(folder, "stop")
        # The request is taken while this long update runs.
        until(lambda: training.solver.stop_requested)

    at(training, 12, ask)
    outcome = session.run()
    assert outcome.status == "interrupted" and outcome.exit_code == 130
    assert outcome.iterations == 12 and outcome.snapshot.iteration == 12
    assert record_of(folder)["status"] == "interrupted"
    assert lines.texts == ["asked by a file: stopping after this step with a snapshot"]
    assert not (folder / "stop").exists() and "last.solverstate" in outcome.files


def test_a_snapshot_and_the_run_goes_on(train_small):
    training, lines = train_small(iterations=30), Lines()
    session = session_of(training, observers=[lines])
    folder = session.directory.path

    def ask():
        ask_run(folder, "snapshot")
        until(lambda: "snapshot" in training.solver._requests)

    at(training, 7, ask)
    assert session.run().status == "done"
    taken = [(entry["iteration"], entry["reason"]) for entry in record_of(folder)["snapshots"]]
    assert taken == [(7, "request"), (30, "end")]
    assert lines.texts == ["asked by a file: writing a snapshot after this step"]
    assert not [path.name for path in folder.iterdir() if path.name in ASKS]


def test_a_request_before_the_first_update_is_not_lost(train_small):
    training = train_small(iterations=10**6)
    session = session_of(training)
    ask_run(session.directory.path, "stop")
    time.sleep(0.25)  # two looks into the folder
    runner = threading.Thread(target=session.run)
    runner.start()
    runner.join(20)
    assert not runner.is_alive() and training.solver.iter < 10**6


def test_only_a_running_run_is_asked(train_small, tmp_path):
    with pytest.raises(ConfigError, match="nowhere is not a run folder"):
        ask_run(tmp_path / "nowhere", "stop")
    session = session_of(train_small())
    folder = session.directory.path
    session.run()
    with pytest.raises(ConfigError, match="is not running: it is done"):
        ask_run(folder, "stop")
    (folder / "run.json").write_text(json.dumps(record_of(folder) | {"status": "running"}))
    with pytest.raises(ConfigError, match="not running. This run's process is gone") as caught:
        ask_run(folder, "snapshot")
    assert "update 20" in caught.value.message
    assert not (folder / "stop").exists() and not (folder / "snapshot").exists()


def test_what_a_run_can_be_asked_for(tmp_path):
    with pytest.raises(ConfigError, match='cannot be asked for "stopp"') as caught:
        ask_run(tmp_path, "stopp")
    assert caught.value.field == "what" and 'did you mean "stop"' in caught.value.hint
    for name in ("../stop", "run.json", ""):
        with pytest.raises(ConfigError, match="cannot be asked"):
            ask_run(tmp_path, name)


def test_a_run_that_ends_while_it_is_asked(tmp_path, monkeypatch):
    held = RunLock(tmp_path)
    (tmp_path / "run.json").write_text('{"status": "running"}')

    def replace(path, data):
        path.write_bytes(data)
        (tmp_path / "run.json").write_text('{"status": "done"}')
        held.release()

    monkeypatch.setattr("mycaffe_py.run.asking.replace_file", replace)
    with pytest.raises(ConfigError, match="it is done"):
        ask_run(tmp_path, "stop")
    assert not (tmp_path / "stop").exists()


def test_requests_are_taken_only_while_training(tmp_path):
    asked, log = [], []
    listener = AskedByFile(tmp_path, asked.append, log.append)
    (tmp_path / "stop").touch()
    listener.tick()
    assert asked == []
    listener.observe(TrainingStarted(0, 5))
    listener.tick()
    listener.tick()
    assert asked == ["stop"] and len(log) == 1 and not (tmp_path / "stop").exists()
    listener.observe(TrainingEnded(5, "done"))
    (tmp_path / "snapshot").touch()
    listener.tick()
    assert asked == ["stop"]
    listener.close()
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_another_program_holds_is_taken_later(tmp_path, monkeypatch):
    asked, real = [], asking.os.unlink
    observer = AskedByFile(tmp_path, asked.append, lambda text: None)
    observer.observe(TrainingStarted(0, 9))
    (tmp_path / "stop").touch()

    def held(path):
        raise PermissionError(13, "held by another program", path)

    monkeypatch.setattr(asking.os, "unlink", held)
    observer.tick()
    assert asked == []
    monkeypatch.setattr(asking.os, "unlink", real)
    observer.tick()
    assert asked == ["stop"] and not (tmp_path / "stop").exists()


def test_a_record_without_a_status(tmp_path):
    (tmp_path / "run.json").write_text('{"net": "N"}')
    with pytest.raises(ConfigError, match="is not running: its status is unknown"):
        ask_run(tmp_path, "stop")
