"""What a killed run left is put in order by whoever comes next on the same computer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from mycaffe_py.cli.actions.runs import summaries
from mycaffe_py.run import settling
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.lock import RunLock, this_process
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.run.settling import settle

DEAD = this_process() | {"process": 2**22 + 1, "locked": True}
TEXT = {"status": "running", "message": "", "snapshots": [], "net": "N", "unknown": [1, {"a": 2}]}


@pytest.fixture
def killed(tmp_path):
    """The folder of a run whose process is gone."""
    folder = tmp_path / "runs" / "N" / "001"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(TEXT))
    (folder / "run.lock").write_text(json.dumps(DEAD))
    (folder / ".last.caffemodel.0123456789abcdef.tmp").write_bytes(b"half")
    return folder


def test_a_killed_run_is_recorded_as_lost(killed):
    settle(killed)
    found = json.loads((killed / "run.json").read_text())
    lost = {"status": "lost", "message": "This run's process is gone. It left no snapshot."}
    assert found == TEXT | lost
    assert os.listdir(killed) == ["run.json"]


def test_the_list_of_runs_settles(killed):
    assert [run["state"] for run in summaries(str(killed.parents[1]))] == ["lost"]
    assert os.listdir(killed) == ["run.json"]


def test_the_next_run_settles_the_others_and_the_one_that_it_continues(
    killed, train_small, tmp_path, sketches
):
    elsewhere = shutil.copytree(killed, tmp_path / "elsewhere")
    training = train_small()
    session = TrainingSession(training, RunDirectory.create("runs", "N"), resumed_run=elsewhere)
    session.run()
    for folder in (killed, elsewhere):
        assert json.loads((folder / "run.json").read_text())["status"] == "lost"
        assert os.listdir(folder) == ["run.json"]


def test_a_run_that_goes_on_is_left_alone(killed):
    before = sorted(os.listdir(killed))
    held = RunLock(killed)
    settle(killed)
    assert sorted(os.listdir(killed)) == before
    held.release()
    (killed / "run.lock").write_text(json.dumps(this_process() | {"locked": False}))
    settle(killed)
    assert json.loads((killed / "run.json").read_text()) == TEXT


@pytest.mark.parametrize(
    "owner",
    [DEAD | {"host": "elsewhere"}, {}, this_process() | {"locked": True}],
    ids=["another computer", "unknown", "a copy of a run that lives"],
)
def test_what_cannot_be_told_is_left_alone(killed, owner):
    (killed / "run.lock").write_text(json.dumps(owner))
    before = sorted(os.listdir(killed))
    settle(killed)
    assert sorted(os.listdir(killed)) == before
    assert json.loads((killed / "run.json").read_text()) == TEXT


@pytest.mark.posix
def test_a_number_that_another_process_has_got_is_no_life(killed):
    (killed / "run.lock").write_text(json.dumps(this_process() | {"started": "x", "locked": False}))
    settle(killed)
    assert json.loads((killed / "run.json").read_text())["status"] == "lost"


@pytest.mark.posix
@pytest.mark.parametrize("name", ["run.json", "run.lock"])
def test_links_are_not_followed(killed, tmp_path, name):
    target = tmp_path / "target"
    os.replace(killed / name, target)
    (killed / name).symlink_to(target)
    before = target.read_bytes()
    settle(killed)
    assert target.read_bytes() == before


@pytest.mark.parametrize("content", ["", "{torn", "[1]", '{"status": "done"}'])
def test_a_record_that_does_not_say_running_stays(killed, content):
    (killed / "run.json").write_text(content)
    settle(killed)
    assert (killed / "run.json").read_text() == content and os.listdir(killed) == ["run.json"]


@pytest.mark.posix
def test_a_pipe_is_not_waited_for(killed):
    (killed / "run.lock").unlink()
    os.mkfifo(killed / "run.lock")
    settle(killed)
    assert json.loads((killed / "run.json").read_text()) == TEXT


def test_what_may_not_be_written_stays(killed, monkeypatch):
    def refuse(path, data):
        raise settling.OutputError(f"cannot write {path}")

    monkeypatch.setattr(settling, "atomic_write", refuse)
    settle(killed)
    assert json.loads((killed / "run.json").read_text()) == TEXT


CHILD = """
import sys
from mycaffe_py.builder import build_training
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession
training = build_training(solver="adamw.prototxt", model="LiquidNetCfc.prototxt", seed=7)
TrainingSession(training, RunDirectory.create("runs", "N"))
print("begun", flush=True)
sys.stdin.read()
"""


def test_the_record_says_which_process_it_is(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "begun\n"
        folder = tmp_path / "runs" / "N" / "001"
        record = json.loads((folder / "run.json").read_text())
        owner = json.loads((folder / "run.lock").read_text())
        names = {"process": "process", "process_started": "started", "host": "host"}
        assert {name: record[name] for name in names} == {n: owner[o] for n, o in names.items()}
        assert record["process"] == process.pid
        settle(folder)
        assert json.loads((folder / "run.json").read_text()) == record
    finally:
        process.kill()
        process.communicate()
    settle(folder)
    assert json.loads((folder / "run.json").read_text())["status"] == "lost"
