from __future__ import annotations

import csv
import json
import math

import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.events import StepDone, TestDone
from mycaffe_py.run.metrics import FIRST_COLUMNS, MetricsWriter, read_columns


def step(iteration, /, **metrics):
    return StepDone(iteration, metrics, learning_rate=0.5)


def written(folder):
    with open(folder / "metrics.csv", newline="") as file:
        rows = list(csv.reader(file))
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return rows, [json.loads(line) for line in lines]


def test_columns_stand_in_the_promised_order_and_rows_in_that_of_the_updates(tmp_path):
    writer = MetricsWriter(tmp_path)
    for iteration in range(1, 4):
        writer.observe(step(iteration, xhat=0.25, loss=1 / iteration, accuracy=0.5))
    writer.close()
    rows, lines = written(tmp_path)
    assert rows[0] == [*FIRST_COLUMNS, "xhat"]
    assert rows[2] == ["2", "0.5", "0.5", "", "", "0.5", "0.25"]
    assert [line["iteration"] for line in lines] == [1, 2, 3]
    assert lines[0]["baseline_accuracy"] is None and lines[0]["lr"] == 0.5


def test_rows_are_readable_while_the_run_goes_on(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.observe(step(1, loss=1.0))
    writer.idle()
    rows, lines = written(tmp_path)
    assert len(rows) == 2 and len(lines) == 1
    writer.close()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_left_empty(tmp_path, bad):
    writer = MetricsWriter(tmp_path)
    writer.observe(step(1, loss=bad))
    writer.close()
    rows, lines = written(tmp_path)
    assert rows[1][1] == "" and lines[0]["loss"] is None
    assert math.isnan(read_columns(tmp_path / "metrics.csv", ("loss",))["loss"][0])


def test_floats_come_back_exactly(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.observe(step(1, loss=0.1 + 0.2))
    writer.close()
    assert read_columns(tmp_path / "metrics.csv", ("loss",))["loss"] == [0.1 + 0.2]


def test_outputs_called_like_our_columns_keep_their_values(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.observe(step(9, loss=1.0, lr=7.0, iteration=8.0))
    writer.close()
    _, lines = written(tmp_path)
    assert lines[0]["lr"] == 0.5 and lines[0]["lr_output"] == 7.0
    assert lines[0]["iteration"] == 9 and lines[0]["iteration_output"] == 8.0


def test_a_name_that_comes_later_goes_to_jsonl_only(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.observe(step(1, loss=1.0))
    writer.observe(step(2, loss=1.0, late=3.0))
    writer.close()
    rows, lines = written(tmp_path)
    assert all(len(row) == len(FIRST_COLUMNS) for row in rows)
    assert lines[1]["late"] == 3.0


def test_tests_have_their_own_file(tmp_path):
    writer = MetricsWriter(tmp_path)
    writer.observe(TestDone(10, 1, {"loss": 0.5}))
    writer.close()
    assert json.loads((tmp_path / "tests.jsonl").read_text()) == {
        "iteration": 10,
        "net": 1,
        "loss": 0.5,
    }
    assert not (tmp_path / "metrics.csv").exists()


def test_an_existing_file_is_never_overwritten(tmp_path):
    (tmp_path / "metrics.csv").write_text("mine")
    writer = MetricsWriter(tmp_path)
    with pytest.raises(OutputError, match="cannot write .*metrics.csv"):
        writer.observe(step(1, loss=1.0))
    assert (tmp_path / "metrics.csv").read_text() == "mine"
