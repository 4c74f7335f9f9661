"""The files of a run folder with wrong values in them: read as far as they make sense, never a bug of ours."""

from __future__ import annotations

import json
import os
import random

import pytest

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.projects import open_project, project_card
from mycaffe_py.run import RunFollower, ask_run, read_history, read_record, summarize
from mycaffe_py.run.best import BestWeights
from mycaffe_py.run.best_file import resume_best
from mycaffe_py.run.record import made_here, plugins_of, snapshots_of
from mycaffe_py.run.resume import find_state, states_in

from ..weights.damaging import damaged_bytes, wrong_texts

MODEL = 'name: "m" layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }'
SOLVER = 'net: "model.prototxt" type: "SGD" base_lr: 0.1 lr_policy: "fixed"'
RECORD = {
    **{"status": "running", "message": "", "net": "m", "solver": "SGD", "iteration": 7},
    **{"started": "2026-01-02T03:04:05+00:00", "ended": None, "process": 12, "max_iter": 9},
    **{"command": ["mycaffe", "train"], "plugins": ["p"], "signature": "s", "folder": "/run"},
    **{"device": {"name": "cpu", "reason": "x"}, "versions": {"numpy": "2"}},
    **{"best": {"metric": "loss", "value": 0.5, "window": 1, "iteration": 3}},
    **{"problem": {"message": "m", "hint": "h", "file": "f", "line": 1, "column": 2}},
    "snapshots": [{"iteration": 5, "weights": "w", "state": "s.solverstate", "reason": "r"}],
    **{"pictures": ["a.png"], "working_folder": "/", "resumed_run": "../001", "cautions": ["c"]},
}
FILES = {
    "run.json": RECORD,
    "progress.json": {"iteration": 3, "rate": 2.5, "figures": {"loss": 1.5}, "tests": {"a": 1}},
    "best.json": {
        **{"snapshot": 7, "metric": "loss", "window": 2, "chosen": [0.5, 3], "sha256": "no"},
        "recent": {"values": [0.5, 0.25], "total": 0.75},
    },
    "run.lock": {"process": 1, "host": "h", "started": "s", "locked": False},
}
LINES = {
    "live.jsonl": [
        {"names": ["y"], "x_name": "x", "tolerance": 0.1, "dates": False},
        {"i": 1, "x": 0.5, "t": [1.0], "p": [2.0]},
        {"i": 2, "x": 0.75, "t": [1.0], "p": [2.0]},
    ],
    "tests.jsonl": [{"iteration": 1, "net": 0, "loss": 0.5}],
}


@pytest.fixture
def project(tmp_path):
    """A project with one run; returns the project's folder."""
    run = tmp_path / "runs" / "m" / "001"
    run.mkdir(parents=True)
    (tmp_path / "model.prototxt").write_text(MODEL)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    for name, value in FILES.items():
        (run / name).write_text(json.dumps(value))
    for name, lines in LINES.items():
        (run / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    (run / "metrics.csv").write_text("iteration,loss,lr\n1,0.5,0.1\n2,0.25,0.1\n")
    return tmp_path


class Net:
    def __init__(self):
        self.params = {}


class Solver:
    def __init__(self):
        self.net = Net()


def look(folder):
    """Read everything that can be read of a project and of its run, as lists, pages and commands do."""
    run = folder / "runs" / "m" / "001"
    follower = RunFollower(run)
    best = BestWeights(Solver(), "loss", 2)
    looks = (
        lambda: (made_here(run, read_record(run)), plugins_of(read_record(run))),
        lambda: (snapshots_of(read_record(run)), states_in(run)),
        lambda: find_state(str(run), folder, "m", use=print, warn=print),
        lambda: find_state("auto", folder / "runs", "m", use=print, warn=print),
        lambda: ask_run(run, "stop"),
        lambda: summarize(run),
        lambda: (follower.poll(), follower.summary(), follower.live(), follower.tests()),
        lambda: follower.curves(follower.names),
        lambda: follower.rows_since(0, follower.names),
        lambda: read_history(run),
        lambda: project_card(open_project(folder)),
        lambda: resume_best(best, run, 7),
    )
    shown = []
    for one in looks:
        try:
            shown.append(one())
        except MyCaffeError as error:
            assert error.code != "E000"
            shown.append(str(error).encode())
    as_json = json.dumps(shown[5]), json.dumps(shown[10], default=str)
    return shown, [text.encode() for text in as_json]


@pytest.mark.parametrize("name", [*FILES, "project.json"])
def test_wrong_values_in_a_json_file(project, name):
    path = project / name if name == "project.json" else project / "runs" / "m" / "001" / name
    value = FILES.get(name, {"model": "model.prototxt", "solver": "solver.prototxt", "created": ""})
    for _, text in wrong_texts(json.dumps(value), random.Random(5), 2):
        path.write_text(text, encoding="utf-8")
        look(project)


@pytest.mark.parametrize("name", LINES)
def test_wrong_values_in_a_file_of_lines(project, name):
    path = project / "runs" / "m" / "001" / name
    texts = [json.dumps(line) for line in LINES[name]]
    for index, good in enumerate(texts):
        for _, text in wrong_texts(good, random.Random(6), 2):
            path.write_text("\n".join([*texts[:index], text, *texts[index + 1 :], ""]))
            look(project)


@pytest.mark.parametrize("name", [*FILES, *LINES, "metrics.csv"])
def test_random_damage(project, name, count=15):
    path = project / "runs" / "m" / "001" / name
    good, rng = path.read_bytes(), random.Random(7)
    for _ in range(count):
        path.write_bytes(damaged_bytes(good, rng))
        look(project)


@pytest.mark.parametrize(
    "damage",
    [
        {"chosen": [float("nan"), 3]},
        {"chosen": [0.5, 3.5]},
        {"chosen": ["0.5", 3]},
        {"chosen": [10**400, 3]},
        {"recent": {"values": [float("inf"), 0.5], "total": 1}},
        {"recent": {"values": [0.5, 0.25], "total": 10**400}},
    ],
)
def test_a_choice_is_continued_only_from_numbers_that_are_some(project, damage):
    run = project / "runs" / "m" / "001"
    (run / "best.caffemodel").write_bytes(b"weights")
    from mycaffe_py.weights.caffemodel import digest

    fields = FILES["best.json"] | {"sha256": digest(b"weights")}
    (run / "best.json").write_text(json.dumps(fields))
    best = BestWeights(Solver(), "loss", 2)
    assert resume_best(best, run, 7) == b"weights" and best.value == 0.5
    (run / "best.json").write_text(json.dumps(fields | damage))
    best = BestWeights(Solver(), "loss", 2)
    if "chosen" in damage:
        assert resume_best(best, run, 7) is None and best.summary is None
    else:
        resume_best(best, run, 7)
        assert best.recent["values"] == []


def test_a_damaged_choice_is_said(project):
    run, said = project / "runs" / "m" / "001", []
    best = BestWeights(Solver(), "loss", 2)
    assert resume_best(best, run, 7, said.append) is None
    (run / "best.json").write_text("{")
    assert resume_best(best, run, 7, said.append) is None
    (run / "best.json").unlink()
    assert resume_best(best, run, 7, said.append) is None
    assert said == [
        f"{run / 'best.caffemodel'} is not the file that {run / 'best.json'} was written with: "
        "the choice of the best weights begins anew",
        f"{run / 'best.json'} is damaged: the choice of the best weights begins anew",
    ]


@pytest.mark.posix
@pytest.mark.parametrize("name", [*FILES, *LINES, "metrics.csv", "project.json"])
def test_pipes_and_endless_devices_are_not_read(project, name):
    path = project / name if name == "project.json" else project / "runs" / "m" / "001" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    look(project)
    path.unlink()
    path.symlink_to("/dev/zero")
    look(project)
