"""A run whose folder, descriptors or space are taken away while it runs, or whose files cannot have their names."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.events import StepDone
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])


def session_of(training, **options):
    return TrainingSession(training, RunDirectory.create("runs", training.net.name), **options)


def after(training, iteration, action):
    def listen(event):
        if isinstance(event, StepDone) and event.iteration == iteration:
            action()

    training.solver.listeners.append(listen)


def replace_by_file(folder):
    shutil.rmtree(folder)
    folder.write_text("not a folder")


def make_pieces_folders(folder):
    """Make folders of the names that are written at the end."""
    for name in ("last.caffemodel", "last.solverstate", "best.caffemodel", "run.json"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()


@pytest.mark.posix
def test_a_folder_replaced_by_a_file_is_the_error(train_small):
    training = train_small()
    session = session_of(training)
    after(training, 5, lambda: replace_by_file(session.directory.path))
    with pytest.raises(OutputError, match="Not a directory|is a file") as caught:
        session.run()
    assert caught.value.exit_code == 2
    assert any(str(session.directory) in note for note in caught.value.__notes__)


@pytest.mark.posix
def test_a_deleted_folder_is_made_again_for_the_last_snapshot(train_small):
    training = train_small()
    session = session_of(training)
    after(training, 5, lambda: shutil.rmtree(session.directory.path))
    with suppress(OutputError):  # if one of the files was to be written in between
        session.run()
    assert (session.directory / "last.solverstate").is_file()
    record = json.loads((session.directory / "run.json").read_text())
    assert record["status"] in ("done", "failed") and record["snapshots"][-1]["reason"]


@pytest.mark.parametrize("takes", [replace_by_file, make_pieces_folders])
@pytest.mark.posix
def test_the_failure_of_the_training_stays_the_error(train_small, takes):
    training = train_small()
    session = session_of(training)

    def fail():
        takes(session.directory.path)
        raise RuntimeError("the real reason")

    after(training, 5, fail)
    with pytest.raises(RuntimeError, match="the real reason") as caught:
        session.run()
    assert any("not everything could be written" in note for note in caught.value.__notes__)


WITHOUT = """
import resource
from mycaffe_py.builder import build_training
from mycaffe_py.errors import OutputError
from mycaffe_py.events import StepDone
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession

settings = "cfc1.cfc_param.hidden_size=4", "cfc1.cfc_unit_param.backbone_units=4", "solver.max_iter=9"
training = build_training(solver="adamw.prototxt", model="LiquidNetCfc.prototxt", overrides=settings)
session = TrainingSession(training, RunDirectory.create("runs", "net"))
kind = resource.{kind}

def take(event):
    if isinstance(event, StepDone) and event.iteration == 5:
        resource.setrlimit(kind, ({limit}, resource.getrlimit(kind)[1]))

training.solver.listeners.append(take)
try:
    session.run()
except OutputError as error:
    print(error.message, *error.__notes__, sep="|")
"""


@pytest.mark.posix
@pytest.mark.parametrize(
    ("kind", "limit", "reason"),
    [("RLIMIT_NOFILE", 3, "Too many open files"), ("RLIMIT_FSIZE", 500, "File too large")],
)
def test_the_limit_that_was_reached_is_the_error(tmp_path, kind, limit, reason):
    code = WITHOUT.replace("{kind}", kind).replace("{limit}", str(limit))
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],  # -B: no cut bytecode is left
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot write" in done.stdout and reason in done.stdout, done.stderr


@pytest.mark.posix
@pytest.mark.parametrize("setting", ["snapshot_prefix", "folder"])
@pytest.mark.parametrize("length", [236, 255, 5000])
def test_names_that_are_too_long_are_found_before_the_training(train_small, setting, length):
    training = train_small()
    name = "n" * length
    with pytest.raises(OutputError, match="File name too long"):
        if setting == "snapshot_prefix":
            training.solver.param.snapshot_prefix = name
            session_of(training)
        else:
            path = os.path.join(*[name[:200]] * 20)
            TrainingSession(training, RunDirectory.at(path + "/" + "m" * 49))
    assert training.solver.iter == 0


@pytest.mark.posix
def test_a_name_that_just_fits_is_taken(train_small):
    training = train_small(iterations=3)
    training.solver.param.snapshot_prefix = "n" * (255 - len("_iter_3.solverstate"))
    session = session_of(training)
    session.run()
    assert len(session.keeper.latest.state.name) == 255


@pytest.mark.posix
def test_a_terminal_closed_while_the_last_files_are_written(train_small, monkeypatch):
    training = train_small()
    session = session_of(training)

    def close(*_, **__):
        os.kill(os.getpid(), signal.SIGHUP)
        return []

    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", close)
    assert session.run().status == "done"


@pytest.mark.posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_after_the_last_update_changes_nothing(train_small, monkeypatch, number):
    training = train_small()
    session = session_of(training)
    write = session.keeper.write_best
    sent = []

    def signalled():
        if training.solver.iter == 20 and not sent:
            sent.append(os.kill(os.getpid(), number))
        write()

    monkeypatch.setattr(session.keeper, "write_best", signalled)
    assert session.run().status == "done"
    assert json.loads((session.directory / "run.json").read_text())["status"] == "done"
    assert sent


@pytest.mark.posix
def test_what_nohup_ignores_stays_ignored(train_small):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        training = train_small()
        after(training, 5, lambda: os.kill(os.getpid(), signal.SIGHUP))
        session = session_of(training)
        assert session.run().status == "done"
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    record = json.loads((session.directory / "run.json").read_text())
    assert [entry["reason"] for entry in record["snapshots"]] == ["end"]
