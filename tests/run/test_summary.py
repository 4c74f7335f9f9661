"""Lists of runs."""

from __future__ import annotations

import errno
import json
import pathlib

import pytest

from mycaffe_py.run import run_id, runs_in, summarize
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.weights import restore


def make(base, name, **fields):
    folder = base / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(fields))
    return folder


def test_runs_of_all_nets_the_newest_first(tmp_path):
    old = make(tmp_path, "A/001", started="2026-01-01T00:00:00+00:00")
    new = make(tmp_path, "B/001", started="2026-03-01T00:00:00+00:00")
    twin = make(tmp_path, "A/002", started="2026-01-01T00:00:00+00:00")
    undated = make(tmp_path, "B/010")
    (tmp_path / "A" / "003").mkdir()
    (tmp_path / "A" / "notes").mkdir()
    (tmp_path / "B" / "file").touch()
    (tmp_path / "file").touch()
    assert runs_in(tmp_path) == [new, twin, old, undated]
    assert runs_in(str(tmp_path / "absent")) == []


def test_the_name_of_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_id("runs/Net/003") == run_id(tmp_path / "runs/Net/003/") == "Net/003"


def test_a_finished_run_in_few_words(train_small, monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    first = TrainingSession(train_small(), RunDirectory.create("runs", "Net"))
    outcome = first.run()
    found = summarize(first.directory.path)
    json.dumps(found, allow_nan=False)
    shown = {name: found[name] for name in ("id", "net", "number", "state", "iteration", "seed")}
    assert shown == {
        "id": "Net/001",
        "net": "LiquidNetCfc",
        "number": "001",
        "state": "done",
        "iteration": 20,
        "seed": 7,
    }
    assert found["trainer"] == "RNN.SUPER_SIMPLE" and found["gym"] == "Curve"
    assert found["device"] == "cpu" and found["best"]["iteration"] == outcome.best["iteration"]
    assert found["figures"]["mean_abs_error"] == outcome.metrics["mean_abs_error"]
    assert found["resumed_from"] is None and found["left"] is None and found["memory"] is None
    assert found["rate"] > 0 and found["peak"] > 1 and found["problem"] is None
    state = first.directory.path.absolute() / "LiquidNetCfc_iter_20.solverstate"
    assert found["snapshots"][0]["state"] == str(state)


@pytest.mark.parametrize("recorded", [True, False])
def test_which_run_was_resumed(train_small, monkeypatch, recorded):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    first = TrainingSession(train_small(), RunDirectory.create("runs", "Net"))
    first.run()
    training, state = train_small(iterations=25), first.directory / "last.solverstate"
    restore(training.solver, state)
    run = first.directory.path if recorded else None
    second = TrainingSession(
        training, RunDirectory.create("runs", "Net"), resumed_from=state, resumed_run=run
    )
    second.run()
    assert summarize(second.directory.path)["resumed_from"] == "Net/001"


def test_a_run_of_an_older_version(tmp_path):
    folder = make(tmp_path, "Net/001", status="done", iteration=2, device={"name": "cpu"})
    (folder / "metrics.csv").write_text("iteration,loss,accuracy\n1,0.5,\n2,0.25,\n3,0.1")
    found = summarize(folder)
    assert found["figures"] == {"loss": 0.25, "accuracy": None}
    assert found["rate"] is None and found["snapshots"] == [] and found["gym"] is None


@pytest.mark.parametrize("text", ["", "iteration,loss\n", "torn"])
def test_metrics_without_a_row_have_no_figures(tmp_path, text):
    folder = make(tmp_path, "Net/001", status="failed")
    (folder / "metrics.csv").write_text(text)
    assert summarize(folder)["figures"] == {}


def test_a_long_last_row_is_still_found(tmp_path):
    names = [f"y[{k}]" for k in range(20_000)]
    row = ",".join(["1"] + ["0.123456789"] * 20_000)
    folder = make(tmp_path, "Net/001", status="done")
    (folder / "metrics.csv").write_text(f"iteration,{','.join(names)}\n{row}\n")
    assert summarize(folder)["figures"]["y[7]"] == 0.123456789


def test_a_folder_that_is_no_run(tmp_path):
    assert summarize(tmp_path) == {} and summarize(str(tmp_path / "absent")) == {}


def test_a_lost_run(tmp_path):
    folder = make(tmp_path, "Net/001", status="running", iteration=5)
    (folder / "progress.json").write_text('{"iteration": 9, "left": 3, "memory": 80, "rate": 2}')
    found = summarize(folder)
    assert found["state"] == "lost" and "process is gone" in found["message"]
    assert found["iteration"] == 9 and found["left"] is None and found["memory"] is None


def test_a_folder_of_somebody_else_hides_no_run(tmp_path, monkeypatch):
    runs = [make(tmp_path, f"{net}/001") for net in ("Net", "Private", "Zoo")]
    real = pathlib.Path.iterdir

    def entries(self):
        if self.name == "Private":
            raise PermissionError(errno.EACCES, "Permission denied", self)
        return iter(sorted(real(self)))

    monkeypatch.setattr(pathlib.Path, "iterdir", entries)
    assert runs_in(tmp_path) == [runs[2], runs[0]]
