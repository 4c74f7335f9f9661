"""run.json says truthfully how a run is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mycaffe_py.errors import ConfigError, Location
from mycaffe_py.run import record as record_module
from mycaffe_py.run.lock import RunLock
from mycaffe_py.run.record import read_record
from mycaffe_py.run.recorded import problem_of, recorded_path, stored_path


def put(folder, **fields):
    (folder / "run.json").write_text(json.dumps(fields))


def test_running_as_long_as_the_lock_is_held(tmp_path):
    put(tmp_path, status="running", message="")
    held = RunLock(tmp_path)
    assert read_record(tmp_path)["status"] == "running"
    held.release()
    found = read_record(tmp_path)
    assert found["status"] == "lost"
    assert found["message"] == "This run's process is gone. It left no snapshot."


def test_a_lost_run_names_its_last_snapshot(tmp_path):
    entries = [{"iteration": 500, "state": "a"}, {"iteration": 1500, "state": "b"}]
    put(tmp_path, status="running", snapshots=entries)
    message = "This run's process is gone. Its last snapshot is of update 1,500."
    assert read_record(tmp_path)["message"] == message


@pytest.mark.parametrize("snapshots", [None, "x", [1], [{"iteration": "x", "state": 1}]])
def test_a_damaged_list_of_snapshots_is_none(tmp_path, snapshots):
    put(tmp_path, status="running", snapshots=snapshots)
    assert "left no snapshot" in read_record(tmp_path)["message"]


def test_a_run_that_ends_between_two_looks_is_not_lost(tmp_path, monkeypatch):
    put(tmp_path, status="running")

    def ends(folder):
        put(folder, status="done")
        return False

    monkeypatch.setattr(record_module, "is_alive", ends)
    assert read_record(tmp_path) == {"status": "done"}


@pytest.mark.parametrize("content", [None, "", "{torn", "[1]", "\xff"])
def test_a_record_that_cannot_be_read_is_empty(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_bytes(content.encode("latin-1"))
    assert read_record(tmp_path) == {}


def test_paths_inside_the_folder_are_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("runs/Net/001")
    inside = stored_path(folder, Path("runs/Net/001/a_iter_5.solverstate"))
    assert inside == "a_iter_5.solverstate"
    outside = stored_path(folder, Path("snaps/a_iter_5.solverstate"))
    assert outside == str(tmp_path / "snaps/a_iter_5.solverstate")
    assert recorded_path(folder, {}, inside) == folder / inside
    assert recorded_path(folder, {}, outside) == Path(outside)


def test_paths_of_older_versions_are_relative_to_their_working_folder(tmp_path):
    old = tmp_path / "work/runs/Net/001/a.solverstate"
    old.parent.mkdir(parents=True)
    old.touch()
    record = {"working_folder": str(tmp_path / "work")}
    assert recorded_path(old.parent, record, "runs/Net/001/a.solverstate") == old
    assert recorded_path(old.parent, record, "a.solverstate") == old


def test_a_problem_has_its_place():
    error = ConfigError("too large", hint="lower it", location=Location("a.prototxt", 3, 7, "x: 1"))
    assert problem_of(error) == {
        "message": "too large",
        "hint": "lower it",
        "file": str(Path("a.prototxt").absolute()),
        "line": 3,
        "column": 7,
    }
    assert problem_of(None) is None
    nowhere = {"hint": None, "file": None, "line": None, "column": None}
    assert problem_of(ConfigError("no")) == {"message": "no"} | nowhere
    assert problem_of(RuntimeError("out")) == {"message": "RuntimeError: out"} | nowhere
    assert problem_of(RuntimeError()) == {"message": "RuntimeError"} | nowhere


def test_snapshots_of_an_older_version_that_was_moved(tmp_path):
    record = {"working_folder": str(tmp_path)}
    moved, name = tmp_path / "elsewhere" / "001", "runs/Net/001/Net_iter_5.solverstate"
    for folder in (moved, tmp_path / "runs" / "Net" / "001"):
        folder.mkdir(parents=True)
        (folder / "Net_iter_5.solverstate").touch()
    assert recorded_path(moved, record, name) == moved / "Net_iter_5.solverstate"
