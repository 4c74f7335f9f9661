"""mycaffe predict: from a run folder to a table and a picture."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

EXAMPLE = Path(__file__).parents[2] / "examples" / "series"
SOLVER = """
net: "SeriesStandardized.prototxt" type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 momentum2: 0.99
trainer { type: "RNN.SUPER_SIMPLE" gym { type: "Series"
  series_param { csv_file: "data.csv" window: 38 horizon: 4 period: 12 period: 6 } } }
"""
SMALL = ("--set", "cfc.cfc_param.hidden_size=4", "--set", "cfc.cfc_unit_param.backbone_units=4")
WEIGHTS = ("--weights", "run/last.caffemodel", "--device", "cpu")


def month(index):
    return f"{2000 + index // 12}-{index % 12 + 1:02d}-01"


ROWS = [f"{month(index)},{5 + index % 12 + index / 10:.1f}" for index in range(80)]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """Train a few updates; return the run folder."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "data.csv").write_text("\n".join(["month,sales", *ROWS]) + "\n")
    (folder / "solver.prototxt").write_text(SOLVER)
    run = ("--iterations", "20", "--seed", "1", "--run-dir", str(folder / "run"), "-q")
    arguments = ["train", "--solver", str(folder / "solver.prototxt"), *SMALL, *run]
    result = CliRunner().invoke(app, [*arguments, "--device", "cpu"])
    assert result.exit_code == 0, result.stderr
    return folder / "run"


@pytest.fixture
def trained(run_folder, tmp_path):
    """Put the run folder into the current one."""
    shutil.copytree(run_folder, tmp_path / "run")
    shutil.copy(run_folder.parent / "data.csv", tmp_path)


def table(path="forecast.csv"):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_model_and_solver_are_those_of_the_run(mycaffe, trained, tmp_path, painted):
    result = mycaffe("predict", *WEIGHTS, "--steps", 6)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.split() == ["forecast.csv", "forecast.png"]
    header, *rows = table()
    assert header == ["month", "sales"]
    assert [row[0] for row in rows] == [month(80 + step) for step in range(6)]
    assert (tmp_path / "forecast.png").read_bytes()[:4] == b"\x89PNG"


def test_a_net_that_learned_from_all_rows_is_explained(mycaffe, trained):
    everything = ("--set", "solver.trainer.gym.series_param.train_share=1")
    result = mycaffe("explain", *WEIGHTS, *everything)
    assert result.exit_code == 0, result.stderr
    assert "run/cfc_states.png" in result.stdout.splitlines()


def test_from_an_earlier_time_the_truth_stands_beside(mycaffe, trained):
    result = mycaffe("predict", *WEIGHTS, "--steps", 4, "--from", month(77), "--out", "a/b.csv")
    assert result.exit_code == 0, result.stderr
    assert (
        "sales: mean absolute error" in result.stderr
        and "(truth known for 2 of 4 points)" in result.stderr
    )
    header, *rows = table("a/b.csv")
    assert header == ["month", "sales", "sales_true"]
    assert [row[2] for row in rows] == [ROWS[78].split(",")[1], ROWS[79].split(",")[1], "", ""]


def test_json(mycaffe, trained):
    result = mycaffe("predict", *WEIGHTS, "--steps", 2, "--from", month(78), "--json")
    found = json.loads(result.stdout)
    assert found["files"] == ["forecast.csv", "forecast.png"]
    assert found["columns"] == ["month", "sales", "sales_true"]
    assert found["rows"][1][2] is None and found["mean_abs_error"]["sales"] >= 0


def test_other_data_goes_on_in_its_own_way(mycaffe, trained, tmp_path):
    (tmp_path / "new.csv").write_text("day;sold\n1;6\n3;\n4;7\n")
    result = mycaffe("predict", *WEIGHTS, "--steps", 3, "--input", "new.csv")
    assert result.exit_code == 0, result.stderr
    assert [row[0] for row in table()] == ["day", "5.5", "7", "8.5"]


def test_weights_carry_the_units_of_what_they_learned_on(mycaffe, trained, tmp_path):
    rows = [f"{month(index)},{900 + index % 12 + index / 10:.1f}" for index in range(80)]
    (tmp_path / "higher.csv").write_text("\n".join(["month,sales", *rows]) + "\n")
    for more in ((), ("--input", "higher.csv", "--out", "higher_forecast.csv")):
        assert mycaffe("predict", *WEIGHTS, "--steps", 5, *more).exit_code == 0
    low, high = table(), table("higher_forecast.csv")
    for before, after in zip(low[1:], high[1:], strict=True):
        assert float(after[1]) - float(before[1]) == pytest.approx(895, abs=1e-3)


def test_a_run_folder_stands_for_its_best_weights(mycaffe, trained, tmp_path):
    (tmp_path / "run" / "best.caffemodel").replace(tmp_path / "run" / "last.caffemodel")
    assert mycaffe("predict", *WEIGHTS, "--steps", 5).exit_code == 0
    of_file = table()
    (tmp_path / "run" / "last.caffemodel").replace(tmp_path / "run" / "best.caffemodel")
    assert mycaffe("predict", "--weights", "run", "--steps", 5).exit_code == 0
    assert table() == of_file


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--steps", 3), 2, "mycaffe predict needs trained weights"),
        (WEIGHTS, 2, "missing option '--steps'"),
        ((*WEIGHTS, "--steps", 0), 2, "0 is not in the range"),
        ((*WEIGHTS, "--steps", 3, "--input", "none.csv"), 3, "no file none.csv (--input)"),
        ((*WEIGHTS, "--steps", 3, "--input", "no.csv", "--out", "data.csv"), 3, "no file no.csv"),
        (("--weights", "empty", "--steps", 3), 3, "no weights in empty"),
        ((*WEIGHTS, "--steps", 3, "--input", "bad.csv"), 2, "--input bad.csv replaced the"),
        ((*WEIGHTS, "--steps", 3, "--input", "bad.csv"), 2, 'bad.csv, line 3, column "b": "x" is not'),
        ((*WEIGHTS, "--steps", 3, "--input", "two.csv"), 2, 'value_column "column 1", here'),
        ((*WEIGHTS, "--steps", 3, "--input", "two.csv"), 2, "and a file with the same columns"),
        ((*WEIGHTS, "--steps", 3, "--input", "colons.csv"), 2, "columns are separated by commas, semicolons or tabs"),
        ((*WEIGHTS, "--steps", 3, "--input", "late.csv"), 2, 'times come from column "n" (series_param.time_column)'),
        ((*WEIGHTS, "--steps", 3, "--input", "data.csv", "--out", "data.csv"), 2, "is the same file as the input"),
        ((*WEIGHTS, "--steps", 3, "--out", "f.png"), 2, "--out f.png must be a CSV file"),
        ((*WEIGHTS, "--steps", 3, "--out", "run"), 2, "cannot write run: it is a folder"),
        ((*WEIGHTS, "--steps", 3, "--from", "soon"), 2, 'start "soon" does not match the time format'),
        (("--weights", "alone.caffemodel", "--steps", 3), 3, "weights file alone.caffemodel does not exist"),
        ((*WEIGHTS, "--steps", 3, "--solver", "sgd.prototxt", *SMALL), 2, "no trainer { }, so there is no gym"),
    ],
)  # fmt: skip
def test_mistakes(mycaffe, trained, tmp_path, arguments, code, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.csv").write_text("t,b\n1,1\n2,x\n")
    (tmp_path / "colons.csv").write_text("t:a\n1:1\n2:2\n")
    (tmp_path / "late.csv").write_text("n,t,a\n0,2001-01-01,1\n1,2001-01-02,1\n")
    (tmp_path / "two.csv").write_text("t,a,b\n1,1,1\n2,2,2\n")
    (tmp_path / "sgd.prototxt").write_text(
        'net: "SeriesStandardized.prototxt" type: "SGD" base_lr: 1 lr_policy: "fixed"'
    )
    result = mycaffe("predict", *arguments)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr
    assert not (tmp_path / "forecast.csv").exists()


def test_a_gym_that_reads_no_file_takes_no_input(mycaffe, train, tmp_path):
    (tmp_path / "data.csv").write_text("t,a\n1,1\n2,2\n")
    assert train("--iterations", 1, "--run-dir", "run", "-q").exit_code == 0
    result = mycaffe("predict", *WEIGHTS, "--steps", 3, "--input", "data.csv")
    assert result.exit_code == 2 and "gym Curve does not read a file" in result.stderr


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("data.csv", "would overwrite data.csv, the data that the forecast is made from"),
        ("run/last.caffemodel", "would overwrite run/last.caffemodel, the weights that"),
        ("run/model.prototxt", "would overwrite run/model.prototxt, the model that"),
        ("run/solver.prototxt", "would overwrite run/solver.prototxt, the solver that"),
        (".", "--out . is a folder, not a file"),
        ("f.PNG", "--out f.PNG must be a CSV file"),
    ],
)
def test_nothing_that_is_read_is_written_over(mycaffe, trained, run_folder, tmp_path, out, words):
    settings = ("--set", "solver.trainer.gym.series_param.csv_file=data.csv")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    result = mycaffe("predict", *WEIGHTS, "--steps", 3, *settings, "--out", out)
    assert result.exit_code == 2 and words in result.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.posix
def test_a_device_gets_the_table_alone(mycaffe, trained):
    result = mycaffe("predict", *WEIGHTS, "--steps", 3, "--out", "/dev/null")
    assert result.exit_code == 0 and result.stdout.split() == ["/dev/null"]


def test_names_that_are_no_formulas(mycaffe, trained, tmp_path, painted):
    names = "month $x_{,price $x_{^$"
    (tmp_path / "dollars.csv").write_text("\n".join([names, *ROWS]) + "\n")
    result = mycaffe("predict", *WEIGHTS, "--steps", 3, "--input", "dollars.csv")
    assert result.exit_code == 0, result.stderr
    assert table()[0] == names.split(",") and (tmp_path / "forecast.png").exists()


def test_a_picture_that_cannot_be_drawn_only_warns(mycaffe, trained, tmp_path, painted):
    rows = [f"00{index + 10}-01-01,{index}" for index in range(9)]
    (tmp_path / "old.csv").write_text("\n".join(["year,a", *rows]) + "\n")
    result = mycaffe("predict", *WEIGHTS, "--steps", 600, "--input", "old.csv")
    assert result.exit_code == 0, result.stderr
    assert "warning: forecast.png could not be drawn" in result.stderr
    assert result.stdout.split() == ["forecast.csv"] and table()[1][0] == "0019-01-01"


def test_weights_that_are_not_finite(mycaffe, trained, tmp_path):
    from mycaffe_py import TEST, Net

    net = Net("run/model.prototxt", TEST, weights="run/last.caffemodel")
    net.params["cfc"][0].data[...] = float("nan")
    net.save("run/last.caffemodel")
    result = mycaffe("predict", *WEIGHTS, "--steps", 3)
    assert result.exit_code == 5 and "the forecast is not finite" in result.stderr


def test_the_example_trains_tests_and_forecasts(mycaffe):
    solver = ("--solver", EXAMPLE / "co2.prototxt", "--device", "cpu", "--seed", 1)
    result = mycaffe("train", *solver, "--iterations", 30, "--run-dir", "run", "-q")
    assert result.exit_code == 0, result.stderr
    weights = ("--weights", "run/last.caffemodel")
    result = mycaffe("test", *solver, *weights, "--iterations", 5)
    assert result.exit_code == 0, result.stderr
    result = mycaffe("predict", *weights, "--steps", 60, "--from", "20001230")
    assert result.exit_code == 0, result.stderr
    header, *rows = table()
    assert (
        header == ["date", "co2", "co2_lower", "co2_upper", "co2_true"]
        and rows[-1][0] == "20020223"
    )
    assert all(300 < float(row[1]) < 420 for row in rows)


def test_table_and_picture_that_are_replaced_are_named(mycaffe, trained, tmp_path, painted):
    arguments = ("predict", *WEIGHTS, "--steps", 2, "--out", "out.csv")
    assert "replacing" not in mycaffe(*arguments).stderr
    stderr = mycaffe(*arguments).stderr
    assert "replacing out.csv\n" in stderr and "replacing out.png\n" in stderr
    (tmp_path / "out.csv").unlink()
    stderr = mycaffe(*arguments).stderr
    assert "replacing out.csv" not in stderr and "replacing out.png\n" in stderr
