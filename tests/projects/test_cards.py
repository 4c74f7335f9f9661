"""What the list shows of a project, and how little it reads for that."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

from mycaffe_py.projects import list_projects, open_project, project_card
from mycaffe_py.resources import resource_path

from .conftest import MODEL, SOLVER

GYM = 'trainer { type: "RNN.SUPER_SIMPLE" gym { curve_param { curve: COS } } }\n'
FILES = {"line.prototxt": MODEL, "solver.prototxt": SOLVER}


def run(project, number, net="Line", status="done", started="2026-01-01T00:00:00+00:00", **more):
    folder = project.runs / net / f"{number:03d}"
    folder.mkdir(parents=True)
    record = {"status": status, "message": "", "started": started, "ended": None, **more}
    (folder / "run.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def project(folder, registry):
    return open_project(folder("Sine", {**FILES, "solver.prototxt": SOLVER + GYM}), registry)


def test_a_project_without_runs(project, registry):
    card = project_card(project, registry)
    spark = card.pop("spark")
    assert card == {
        **{
            "name": "Sine",
            "model": "line",
            "solver": "SGD",
            "gym": "Curve",
            "runs": 0,
            "data": None,
        },
        **{"state": None, "last": None, "problem": None},
    }
    # The gym itself: every tenth point of a cosine with a step of one degree.
    assert spark["prediction"] == [] and len(spark["target"]) == 60
    assert spark["target"][6] == pytest.approx(0.5) and spark["target"][36] == pytest.approx(1)


def test_a_project_without_a_gym_has_no_curve(folder, registry):
    card = project_card(open_project(folder("x", FILES), registry), registry)
    assert card["gym"] is None and card["spark"] is None and card["data"] is None


@pytest.mark.parametrize(
    ("model", "name"), [("LeNet", "digits_train_lmdb"), ("SequenceLstm", "digits_rows_train.txt")]
)
def test_the_data_that_a_model_reads(folder, registry, model, name):
    text = resource_path("models", f"{model}.prototxt").read_text()
    place = folder("x", {"net.prototxt": text, "solver.prototxt": SOLVER})
    assert project_card(open_project(place, registry), registry)["data"] == name


@pytest.mark.parametrize("gym", ["Series", "OfNoPlugin"])
def test_a_gym_that_cannot_run_has_no_curve(folder, registry, gym):
    trainer = f'trainer {{ type: "RNN.SUPER_SIMPLE" gym {{ type: "{gym}" }} }}\n'
    place = folder("x", {**FILES, "solver.prototxt": SOLVER + trainer})
    card = project_card(open_project(place, registry), registry)
    assert card["gym"] == gym and card["spark"] is None


def test_runs(project, registry):
    run(project, 1, started="2026-01-01T00:00:00+00:00", ended="2026-01-01T01:00:00+00:00")
    run(
        project,
        3,
        status="failed",
        started="2026-01-03T00:00:00+00:00",
        ended="2026-01-03T01:00:00+00:00",
    )
    run(project, 9, net="Other", status="interrupted", started="2026-01-02T00:00:00+00:00")
    (project.runs / "Line" / "notes").mkdir()
    card = project_card(project, registry)
    assert (card["runs"], card["state"], card["last"]) == (3, "failed", "2026-01-03T01:00:00+00:00")


def test_a_run_that_says_running_without_a_process_is_lost(project, registry):
    run(project, 1, status="running")
    assert project_card(project, registry)["state"] == "lost"


def test_a_run_that_runs_is_shown_before_newer_ones(project, registry, monkeypatch):
    from mycaffe_py.projects import cards

    run(project, 1, status="running", started="2026-01-01T00:00:00+00:00")
    run(project, 2, status="done", started="2026-01-02T00:00:00+00:00")
    read = cards.read_record
    alive = {"001": {"status": "running"}}  # as if its process held the lock
    monkeypatch.setattr(cards, "read_record", lambda one: read(one) | alive.get(one.name, {}))
    assert project_card(project, registry)["state"] == "running"


def test_a_record_that_cannot_be_read(project, registry):
    (run(project, 1) / "run.json").write_text("{")
    card = project_card(project, registry)
    assert (card["runs"], card["state"]) == (1, None)


def live_lines(count):
    yield json.dumps({"names": ["y"], "x_name": "x", "tolerance": None})
    for i in range(count):
        yield json.dumps(
            {"i": i, "x": 0.1 * i, "t": [float(i)], "p": [None if i % 7 == 3 else i + 0.5]}
        )


def test_the_curve_is_the_end_of_the_newest_run(project, registry):
    folder = run(project, 1)
    lines = "\n".join(live_lines(5000))
    (folder / "live.jsonl").write_text(lines + '\n{"i": 5000, "x"')  # still being written
    spark = project_card(project, registry)["spark"]
    # The last 360 rows, every sixth.
    assert spark["target"] == [float(i) for i in range(4640, 5000, 6)]
    assert spark["prediction"][1] == 4646.5 and None in spark["prediction"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        '{"names": ["y"]}\n',
        "x\n" * 9,
        '{"names": []}\n{"i": 1, "t": [], "p": []}\n{"t": 3}\n[]\n',
    ],
)
def test_a_live_file_without_rows(project, registry, text):
    (run(project, 1) / "live.jsonl").write_text(text)
    spark = project_card(project, registry)["spark"]
    assert spark["prediction"] == [] and len(spark["target"]) == 60


def test_what_is_broken_says_so(folder, registry):
    place = folder("x", {**FILES, "project.json": "{"})
    (listed,) = list_projects(place.parent, registry)
    card = project_card(listed, registry)
    assert card["name"] == "x" and "is not JSON" in card["problem"] and card["spark"] is None


def test_the_list_does_not_read_what_grows(project, registry, monkeypatch):
    """Of 50 runs, it reads one record whole, and of the others the first bytes; of curves, the end of one file."""
    for number in range(1, 51):
        folder = run(project, number, started=f"2026-01-01T00:00:{number:02d}+00:00")
        for name in ("metrics.jsonl", "metrics.csv", "model.prototxt", "solver.prototxt"):
            (folder / name).write_text("x" * 1000)
        (folder / "live.jsonl").write_text("\n".join(live_lines(3000)))
    opened, whole = [], []
    open_, read_bytes = open, pathlib.Path.read_bytes
    monkeypatch.setattr("builtins.open", lambda *a, **k: opened.append(str(a[0])) or open_(*a, **k))
    monkeypatch.setattr(
        pathlib.Path,
        "read_bytes",
        lambda self: whole.append(self) or read_bytes(self),
    )
    assert project_card(project, registry)["runs"] == 50
    runs = [
        name for name in opened if f"{os.sep}runs{os.sep}" in name and not name.endswith("run.json")
    ]
    assert [name[-14:] for name in runs] == [f"050{os.sep}live.jsonl"]
    assert [path.parent.name for path in whole if path.name == "run.json"] == ["050"]
