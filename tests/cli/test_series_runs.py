"""Runs of the trainer SERIES on the command line: train, stop, resume, test, predict, explain."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

SOLVER = """
net: "SeriesCfc.prototxt" max_iter: 40 base_lr: 0.03
trainer { type: "SERIES" series_trainer_param { validation_interval: 5 averaging: 0.8 patience: 3 }
  gym { type: "Series" series_param { csv_file: "data.csv" fit_model: true horizon: 3 window: 3 period: 9 } } }
"""
SMALL = (
    "--set", "cfc.cfc_param.hidden_size=8", "--set", "cfc.cfc_unit_param.backbone_units=8",
    "--set", "forecast.forecast_param.fit_size=false",
)  # fmt: skip
SETTINGS = "solver.trainer.series_trainer_param"


def henon(rows):
    now, before, found = 0.1, 0.1, []
    for _ in range(rows):
        now, before = 1 - 1.4 * now**2 + before, 0.3 * now
        found.append(now)
    return found


@pytest.fixture
def values():
    return henon(120)


@pytest.fixture
def train(mycaffe, tmp_path, values):
    """Return a function that trains in the folder ``run``."""
    rows = "".join(f"{row},{value:.6f}\n" for row, value in enumerate(values))
    (tmp_path / "data.csv").write_text("t,y\n" + rows)
    (tmp_path / "s.prototxt").write_text(SOLVER)

    def train(*more, folder="run"):
        given = ("--solver", "s.prototxt", *SMALL, "--seed", 1, "--device", "cpu")
        result = mycaffe("train", *given, "--run-dir", folder, *more)
        return result

    return train


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_the_log_names_each_error_and_each_phase(train):
    result = train()
    assert result.exit_code == 0, result.output
    lines = [line.split("] ", 1)[-1] for line in result.output.splitlines()]
    at = lines.index("Iteration 5, Testing net (#0)")
    assert lines[at + 1].startswith("    validation error = 0.")
    for start in (
        "search ended after ",
        "validation: the net ",
    ):
        assert any(line.startswith(start) for line in lines), result.output


def test_the_end_shows_errors_by_distance(train, tmp_path, values):
    result = train()
    assert "y: mean absolute error by rows ahead, on the test rows" in result.output
    with open(tmp_path / "run" / "report.csv", newline="") as file:
        rows = list(csv.reader(file))
    header = next(row for row in rows if "last value" in row)
    column = header.index("last value")
    for ahead in (1, 2, 3):
        row = next(row for row in rows if str(ahead) in row[:2])
        missed = [abs(values[at] - values[at + ahead]) for at in range(95, 120 - ahead)]
        assert float(row[column]) == pytest.approx(sum(missed) / len(missed), rel=1e-4)


def test_best_and_last_weights_are_the_final_ones(train, tmp_path):
    train()
    run = tmp_path / "run"
    found = record(run)
    final = run / f"SeriesCfc_iter_{found['iteration']}.caffemodel"
    assert final.read_bytes() == (run / "best.caffemodel").read_bytes()
    assert final.read_bytes() == (run / "last.caffemodel").read_bytes()
    assert found["status"] == "done"
    best = found["best"]
    assert best["metric"] == "validation_error" and best["iteration"] == found["iteration"]
    tests = [json.loads(line) for line in (run / "tests.jsonl").read_text().splitlines()]
    assert best["value"] == min(test["validation_error"] for test in tests)


def test_a_run_is_tested_and_predicted_from_another_folder(train, mycaffe, tmp_path, monkeypatch):
    assert train().exit_code == 0
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    result = mycaffe("test", "--weights", tmp_path / "run", "--out", "errors.csv")
    assert result.exit_code == 0, result.output
    assert (other / "errors.csv").read_text().count("\n") > 4
    figures = json.loads(mycaffe("test", "--weights", tmp_path / "run", "--json").stdout)
    assert {"mean_abs_error", "baseline_mean_abs_error", "mase", "coverage"} <= set(figures)
    result = mycaffe("predict", "--weights", tmp_path / "run", "--out", "forecast.csv")
    assert result.exit_code == 0, result.output
    lines = (other / "forecast.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["120", "121", "122"]


def test_a_run_is_explained(train, mycaffe):
    train()
    result = mycaffe("explain", "--weights", "run")
    assert result.exit_code == 0, result.output


def test_without_validation_the_last_weights_are_used(train, mycaffe, tmp_path):
    result = train("--set", f"{SETTINGS}.validation_share=0", "--iterations", 5)
    assert result.exit_code == 0, result.output
    assert record(tmp_path / "run")["best"] is None
    assert not (tmp_path / "run" / "best.caffemodel").exists()
    assert "last.caffemodel" in mycaffe("test", "--weights", "run").output


def test_a_run_that_is_resumed_ends_as_one_that_was_not_stopped(train, mycaffe, tmp_path):
    assert train("--set", "solver.snapshot=7").exit_code == 0
    whole = (tmp_path / "run" / "best.caffemodel").read_bytes()
    part = tmp_path / "part"
    part.mkdir()
    for name in ("SeriesCfc_iter_7.caffemodel", "SeriesCfc_iter_7.solverstate"):
        shutil.copy(tmp_path / "run" / name, part / name)
    result = mycaffe(
        "train", "--solver", "s.prototxt", *SMALL, "--device", "cpu", "--run-dir", "again",
        "--resume", part / "SeriesCfc_iter_7.solverstate",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again" / "best.caffemodel").read_bytes() == whole


def test_a_run_that_has_ended_is_not_resumed(train, mycaffe):
    train()
    result = mycaffe("train", "--resume", "run")
    assert result.exit_code != 0 and "nothing left to train" in result.output


def test_a_run_that_diverges_says_so_and_keeps_no_such_weights(train, tmp_path):
    result = train("--set", "solver.base_lr=1e30", "--set", "solver.clip_gradients=-1")
    assert result.exit_code == 5, result.output
    assert record(tmp_path / "run")["status"] == "diverged"
    assert not (tmp_path / "run" / "best.caffemodel").exists()


def test_weights_are_tuned_by_a_new_run(train):
    assert train().exit_code == 0
    result = train("--weights", "run/best.caffemodel", "--iterations", 10, folder="tuned")
    assert result.exit_code == 0, result.output
    assert "search ended after" in result.output
