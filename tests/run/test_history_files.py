"""A run's metrics.csv and the history of the same training in Python are one table."""

from __future__ import annotations

import math

import pytest
from click.testing import CliRunner

from mycaffe_py import get_solver
from mycaffe_py.cli.app import app
from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.run import read_history

FILES = ["--model", "LiquidNetCfc.prototxt", "--solver", "adamw.prototxt"]


def test_a_run_and_python_have_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["train", *FILES, "--seed", "4", "--set", "solver.max_iter=6"])
    assert done.exit_code == 0, done.output
    history = read_history("runs/LiquidNetCfc/001")
    solver = get_solver("adamw.prototxt", model="LiquidNetCfc.prototxt", seed=4, max_iter=6)
    ours = solver.record()
    solver.step(6)
    assert set(history) == set(ours) and len(history) == 6
    for name in ours:
        assert history[name] == pytest.approx(ours[name], rel=1e-12, nan_ok=True), name
    assert read_history("runs/LiquidNetCfc/001/metrics.csv").to_dict() == history.to_dict()


def test_gaps_and_what_is_no_number(tmp_path):
    (tmp_path / "metrics.csv").write_text(
        "iteration,loss,accuracy,lr\n1,0.5,,0.1\n2,,,0.1\nthree,1,1,1\n4,0.25,,0.1\n5,0."
    )
    (tmp_path / "tests.jsonl").write_text('{"iteration": 2, "net": 0, "loss": 0.125}\n')
    history = read_history(tmp_path)
    assert list(history) == ["iteration", "loss", "lr"] and history["iteration"] == [1, 2, 4]
    assert history["loss"][0] == 0.5 and math.isnan(history["loss"][1])
    assert history.tests == {"test loss": ([2], [0.125])}


def test_no_run(tmp_path):
    with pytest.raises(MissingFileError, match="has no metrics"):
        read_history(tmp_path)
    (tmp_path / "metrics.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="^[^ ]* is no metrics.csv: it has no column"):
        read_history(tmp_path)


def test_a_run_that_is_writing(tmp_path):
    (tmp_path / "metrics.csv").write_text("iteration,loss,lr\n1,0.5,0.1\n")
    tests = tmp_path / "tests.jsonl"
    tests.write_text('{"iteration": 2, "net": 0, "loss": 0.125}\n{"iteration": 4, "ne')
    assert read_history(tmp_path).tests == {"test loss": ([2], [0.125])}
    tests.write_text('{"iteration": 4, "ne\n')
    with pytest.raises(DataError, match="cannot be read"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00iteration", b"iteration,loss,lr\n1," + b"9" * 200_000 + b",1\n"],
)
def test_a_file_that_is_no_table(tmp_path, content):
    (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        read_history(tmp_path)


def test_a_table_without_rates(tmp_path):
    (tmp_path / "metrics.csv").write_text("iteration,loss\n1,0.5\n")
    assert read_history(tmp_path).to_dict() == {"iteration": [1], "loss": [0.5]}
