"""``mycaffe runs``."""

from __future__ import annotations

import json


def test_a_table_of_the_runs(train, mycaffe):
    train("--iterations", 5)
    train("--iterations", 1500, "--seed", 3, "--set", "solver.base_lr=0.02")
    result = mycaffe("runs")
    assert result.exit_code == 0, result.output
    title, first, second = result.stdout.splitlines()
    assert title.split() == ["run", "state", "updates", "started", "figures", "best"]
    assert first.startswith("LiquidNetCfc/002  done   1,500/1,500  20")
    assert second.startswith("LiquidNetCfc/001  done   5/5 ")
    assert "accuracy" in first and "mean_abs_error" in first.split("  ")[-1]
    for folder in ("runs/LiquidNetCfc", "."):
        assert mycaffe("runs", folder).stdout == result.stdout
    single = mycaffe("runs", "runs/LiquidNetCfc/001").stdout.splitlines()
    assert len(single) == 2 and single[1].startswith("LiquidNetCfc/001")


def test_json_has_everything(train, mycaffe):
    train("--iterations", 5)
    (found,) = json.loads(mycaffe("runs", "--json").stdout)
    assert found["id"] == "LiquidNetCfc/001" and found["state"] == "done"
    assert found["iteration"] == found["max_iter"] == 5 and found["gym"] == "Curve"


def test_runs_by_test_figures_and_runs_of_older_versions(data_net, mycaffe, tmp_path):
    trained = mycaffe("train", "--solver", "sgd.prototxt", "--plugin", "counting.py")
    assert trained.exit_code == 0, trained.stderr
    assert "  test loss " in mycaffe("runs").stdout
    old = tmp_path / "runs" / "Line" / "002"
    old.mkdir()
    (old / "run.json").write_text('{"status": "running", "iteration": 2}')
    (old / "metrics.csv").write_text("iteration,loss\n1,0.5\n2,0.25\n")
    row = mycaffe("runs", old).stdout.splitlines()[1]
    assert row.split() == ["Line/002", "lost", "2", "-", "loss", "0.25", "-"]


def test_no_runs(mycaffe, tmp_path):
    result = mycaffe("runs")
    assert result.exit_code == 3 and "there is no folder runs" in result.stderr
    assert "mycaffe train" in result.stderr
    assert mycaffe("runs", tmp_path).stdout == "no runs\n"
    assert mycaffe("runs", tmp_path, "--json").stdout == "[]\n"


def test_a_damaged_record_does_not_hide_the_other_runs(train, mycaffe, tmp_path):
    train("--iterations", 5)
    for number, text in enumerate(
        (
            '{"status": 3, "iteration": "x", "max_iter": "y", "started": "2026-99-99", "best": [1]}',
            '{"best": {"metric": "loss"}, "started": 5, "snapshots": [{"state": 1}], "problem": 1}',
            '{"iteration": null, "device": 1, "resumed_run": 4, "resumed_from": [], "best": {"value": NaN}}',
        ),
        start=2,
    ):
        folder = tmp_path / "runs" / "LiquidNetCfc" / f"{number:03d}"
        folder.mkdir()
        (folder / "run.json").write_text(text)
        (folder / "progress.json").write_text(
            '{"iteration": [], "figures": 3, "tests": {"a": "b"}}'
        )
    result = mycaffe("runs")
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert rows[0][:2] == ["LiquidNetCfc/001", "done"] and len(rows) == 4
    assert all(row[1:] == ["unknown", "0", "-", "-", "-"] for row in rows[1:])
    assert len(json.loads(mycaffe("runs", "--json").stdout)) == 4
