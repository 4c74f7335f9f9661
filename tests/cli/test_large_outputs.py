"""Outputs of many elements: a few metrics, all values in Caffe's log, on display iterations and at tests only."""

from __future__ import annotations

import json

import pytest

from mycaffe_py.events import StepDone, TestDone
from mycaffe_py.events.caffe_log import CaffeLog
from mycaffe_py.run import RunFollower, read_history

NET = """
name: "Wide"
layer { name: "data" type: "DummyData" top: "x" top: "t"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } data_filler { type: "gaussian" }
                     data_filler { type: "constant" value: 1 } } }
layer { name: "map" type: "DummyData" top: "map"
  dummy_data_param { shape { dim: 1 dim: 1 dim: 10 dim: 20 } data_filler { type: "constant" value: 0.5 } } }
layer { name: "few" type: "DummyData" top: "few"
  dummy_data_param { shape { dim: 2 } data_filler { type: "constant" value: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
SOLVER = """
net: "wide.prototxt" type: "SGD" base_lr: 0.01 lr_policy: "fixed" max_iter: 5 display: 4
test_iter: 2 test_interval: 4
"""
NAMES = [
    "few[0]",
    "few[1]",
    "map[mean]",
    "map[min]",
    "map[max]",
]  # in the order of names, as Caffe's
NOTE = 'output "map" has 200 values: the metrics are their mean, minimum and maximum, '


@pytest.fixture
def folder(mycaffe, tmp_path):
    (tmp_path / "wide.prototxt").write_text(NET)
    (tmp_path / "sgd.prototxt").write_text(SOLVER)
    return tmp_path


@pytest.fixture
def trained(mycaffe, folder):
    """Train; return the lines of the log and the run folder."""
    result = mycaffe("train", "--solver", "sgd.prototxt", "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    return result.stderr.splitlines(), folder / "runs/Wide/001"


def test_metrics_are_few_and_the_log_is_caffes(trained):
    lines, run = trained
    assert sum(line.startswith(NOTE) for line in lines) == 1
    header, first = (run / "metrics.csv").read_text().splitlines()[:2]
    assert header.split(",")[6:] == NAMES
    assert first.split(",")[6:] == ["3.0", "3.0", "0.5", "0.5", "0.5"]
    assert json.loads((run / "tests.jsonl").read_text().splitlines()[0])["map[mean]"] == 0.5
    assert len((run / "metrics.jsonl").read_text().splitlines()[0]) < 300
    # Iterations 0 and 4, for training and for tests.
    for phase in ("Train", "Test"):
        shown = [line for line in lines if f" {phase} net output #" in line]
        assert len(shown) == 2 * 203, phase
        rest = [line.partition("output ")[2] for line in shown[:203]]
        assert rest[:2] == ["#0: few = 3", "#1: few = 3"] and rest[2].startswith("#2: loss = ")
        assert rest[3:] == [f"#{i}: map = 0.5" for i in range(3, 203)]


def test_whoever_reads_the_run_has_the_same_names(trained):
    run = trained[1]
    follower = RunFollower(run)
    follower.poll()
    assert follower.names[5:] == NAMES
    assert follower.curves(["map[max]"])["map[max]"]["mean"] == [0.5] * 5
    history = read_history(run)
    assert history["map[mean]"] == [0.5] * 5 and history.tests["test map[min]"][1] == [0.5] * 2
    figures = json.loads((run / "progress.json").read_text())["figures"]
    assert figures["map[mean]"] == 0.5


def test_a_tested_net(mycaffe, trained):
    arguments = ["--model", "wide.prototxt", "--weights", "runs/Wide/001", "--iterations", 2]
    result = mycaffe("test", *arguments, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    assert sum(line.startswith(NOTE) for line in lines) == 1
    # Of each batch the summary, in the end all means.
    batch = [line for line in lines if line.startswith("Batch 1, ")]
    assert batch[:2] == ["Batch 1, few = 3"] * 2
    assert batch[3:] == [f"Batch 1, map[{what}] = 0.5" for what in ("mean", "min", "max")]
    assert lines.count("map = 0.5") == 200 and lines.count("few = 3") == 2
    shown = result.stdout.splitlines()
    assert [line.partition(" = ")[0] for line in shown[1:]] == ["loss", *NAMES]
    assert shown[-1] == "map[max] = 0.5"
    found = json.loads(mycaffe("test", *arguments, "--device", "cpu", "--json").stdout)
    assert found["map[max]"] == 0.5 and len(found) < 12


def test_a_python_run_is_resumed_from_one_with_wide_columns(mycaffe, trained, folder):
    run = trained[1]
    wide = [f"map[{i}]" for i in range(2000)]
    rows = [",".join(["iteration,loss,lr", *wide]), ",".join(["1,0.5,0.1", *["2"] * 2000])]
    (run / "metrics.csv").write_text("\n".join(rows) + "\n")
    (run / "tests.jsonl").write_text(
        json.dumps({"iteration": 1, "net": 0, **dict.fromkeys(wide, 1.0)}) + "\n"
    )
    (run / "metrics.jsonl").unlink()
    options = ("--resume", "runs/Wide/001", "--iterations", 8, "--device", "cpu")
    result = mycaffe("train", "--solver", "sgd.prototxt", *options)
    assert result.exit_code == 0, result.stderr
    header = (folder / "runs/Wide/002/metrics.csv").read_text().splitlines()[0]
    assert header.endswith(",".join(NAMES))
    follower = RunFollower(run)
    follower.poll()
    assert len(follower.names) == len(follower.tests()) == 1000 and follower.last["loss"] == 0.5
    assert len(list(read_history(run))) == 1000


def test_without_elements_the_log_has_the_summary():
    lines = []
    log = CaffeLog(lines.append, {"y[mean]": 0.0, "y": 2.0}, 1)
    values = {"y[mean]": 7.0, "y[min]": 1.0, "y[max]": 2.0}
    log.write_event(StepDone(1, {"loss": 1.0}, 0.1, display=True, outputs=values), 0.0)
    log.write_event(TestDone(1, 0, values), 0.0)
    # A blob may have the name of a figure: it has a line of its own.
    expected = ["#0: y[mean] = 7", "#1: y[min] = 1", "#2: y[max] = 2"]
    assert [line.partition("output ")[2] for line in lines if "net output" in line] == 2 * expected
