"""run.lock tells whether a run's process lives."""

from __future__ import annotations

import errno
import gc
import json
import os
import platform
import shutil
import subprocess
import sys

import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.run import lock
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.lock import RunLock, is_alive, process_lives, this_process
from mycaffe_py.run.session import TrainingSession

HOLDER = """
import sys
from pathlib import Path
from mycaffe_py.run.lock import RunLock
held = RunLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock of the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_alive_from_begin_to_end(tmp_path):
    assert not is_alive(tmp_path)
    held = RunLock(tmp_path)
    assert is_alive(tmp_path) and is_alive(str(tmp_path))
    held.release()
    held.release()
    assert not is_alive(tmp_path) and list(tmp_path.iterdir()) == []


def test_a_lock_that_nobody_refers_to_is_free(tmp_path):
    RunLock(tmp_path)
    gc.collect()
    assert not is_alive(tmp_path)


def test_the_lock_of_another_process_is_free_once_it_is_killed(tmp_path, other):
    assert is_alive(tmp_path) and is_alive(tmp_path)
    with pytest.raises(OutputError, match="another process trains in this folder"):
        RunLock(tmp_path)
    assert is_alive(tmp_path)
    other.kill()
    other.wait()
    assert (tmp_path / "run.lock").exists() and not is_alive(tmp_path)


def test_a_copied_folder_is_not_alive(tmp_path):
    (tmp_path / "run").mkdir()
    held = RunLock(tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    assert (tmp_path / "copy" / "run.lock").exists() and not is_alive(tmp_path / "copy")
    held.release()


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot write .*run.lock: No such file"):
        RunLock(tmp_path / "absent")


# File systems without locks.


@pytest.fixture
def no_locks(monkeypatch):
    def refuse(number, *, shared):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock, "try_lock", refuse)


def test_without_locks_the_process_is_looked_for(tmp_path, no_locks):
    held = RunLock(tmp_path)
    owner = json.loads((tmp_path / "run.lock").read_text())
    assert owner["locked"] is False and owner["process"] == os.getpid()
    shutil.copytree(tmp_path, tmp_path / "other")
    assert is_alive(tmp_path / "other")
    for change in ({"host": "elsewhere"}, {"process": 2**22 + 1}, {"started": "another time"}):
        (tmp_path / "other" / "run.lock").write_text(json.dumps(owner | change))
        assert not is_alive(tmp_path / "other")
    held.release()
    assert not is_alive(tmp_path)


def test_a_process_that_says_it_has_no_lock_is_believed(tmp_path):
    (tmp_path / "run.lock").write_text(json.dumps(this_process() | {"locked": False}))
    assert is_alive(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{torn", "{}"])
def test_a_lock_file_without_an_owner_is_free(tmp_path, no_locks, content):
    (tmp_path / "run.lock").write_text(content)
    assert not is_alive(tmp_path)


@pytest.mark.posix
@pytest.mark.skipif(
    sys.platform != "linux", reason="other systems do not tell when a process began"
)
def test_a_process_that_nobody_has_waited_for_does_not_live(other):
    owner = this_process() | {"process": other.pid, "started": lock._start_of(other.pid)}
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    os.kill(other.pid, 0)  # its number is still taken
    assert not process_lives(owner)


def test_which_process_lives(other):
    assert process_lives(this_process())
    mine = this_process() | {"process": other.pid, "started": lock._start_of(other.pid)}
    assert process_lives(mine)
    other.kill()
    other.wait()
    assert not process_lives(mine)
    assert not process_lives({"process": "1", "host": platform.node()})
    assert not process_lives({"process": 10**30, "host": platform.node()})


def test_a_trainer_that_fails_before_the_run_leaves_no_lock(train_small, monkeypatch):
    def fails():
        raise KeyError("names")

    training = train_small()
    monkeypatch.setattr(training.trainer, "sample_info", fails)
    directory = RunDirectory.create("runs", "Net")
    with pytest.raises(KeyError):
        TrainingSession(training, directory)
    assert not is_alive(directory.path)
