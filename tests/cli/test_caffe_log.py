"""The log of a run where output is no terminal: what Caffe's log parsers look for is in it, as they look for it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from mycaffe_py.events import TestDone
from mycaffe_py.events.caffe_log import CaffeLog

from .conftest import DATA_NET, DATA_SOLVER

# The expressions of the parsers that come with Caffe, and of scripts written after them.
NUMBER = r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"
ITERATION = re.compile(r"Iteration (\d+)")
TRAIN_OUTPUT = re.compile(r"Train net output #(\d+): (\S+) = ([\.\deE+-]+)")
TEST_OUTPUT = re.compile(r"Test net output #(\d+): (\S+) = ([\.\deE+-]+)")
RATE = re.compile(rf"lr = ({NUMBER})")
LOSS = re.compile(
    rf"Iteration (\d+)(?: \({NUMBER} iter/s, {NUMBER}s/\d+ iters\))?, loss = ({NUMBER})"
)

ACCURACY = """
layer { name: "acc" type: "MEAN_ERROR_LOSS" bottom: "guess" bottom: "y" top: "accuracy"
        include { phase: TEST } loss_weight: 0 }
"""


PREFIX = re.compile(r"I\d{4} \d\d:\d\d:\d\d\.\d{6} \d+ mycaffe\] ")


@pytest.fixture
def log(raw_log):
    """As ``raw_log``, without the time at the beginning of each line."""
    return lambda *arguments, **options: [
        PREFIX.sub("", line, count=1) for line in raw_log(*arguments, **options)
    ]


@pytest.fixture
def raw_log(mycaffe, data_net, tmp_path):
    """Train with these settings in place of those of the file; return the lines."""

    def run(settings="", *arguments, code=0):
        (tmp_path / "line.prototxt").write_text(DATA_NET + ACCURACY)
        (tmp_path / "sgd.prototxt").write_text(DATA_SOLVER + settings)
        common = ("train", "--solver", "sgd.prototxt", "--plugin", "counting.py", "--device", "cpu")
        result = mycaffe(*common, *arguments)
        assert result.exit_code == code, result.stderr
        return result.stderr.splitlines()

    return run


def parse(lines):
    """Collect rows as Caffe's parse_log does: an iteration, then what belongs to it."""
    rows = {"train": [], "test": []}
    iteration, rate = -1, None
    for line in lines:
        if found := ITERATION.search(line):
            iteration = int(found[1])
        if iteration < 0:
            continue
        if found := RATE.search(line):
            rate = float(found[1])
        for kind, expression in (("train", TRAIN_OUTPUT), ("test", TEST_OUTPUT)):
            if found := expression.search(line):
                rows[kind].append((iteration, found[2], float(found[3])))
    return rows, rate


def test_parsers_find_every_figure(log):
    rows, rate = parse(log("test_compute_loss: true"))
    assert [(i, name) for i, name, _ in rows["train"]] == [(i, "loss") for i in (0, 2, 4)]
    assert [row[:2] for row in rows["test"]] == [
        (i, name) for i in (0, 3, 6) for name in ("accuracy", "loss")
    ]
    assert rate == 0.05
    assert rows["train"][0][2] == pytest.approx(8.4375)


def time_of(line):
    """Return the time of a line as Caffe's extract_seconds takes it; ValueError if it has none."""
    day, clock = line.strip().split()[:2]
    return datetime.strptime(f"2024{int(day[1:]):04} {clock}", "%Y%m%d %H:%M:%S.%f")


def test_parsers_find_the_time_of_every_line(raw_log):
    lines = raw_log("snapshot: 3")
    start = next(index for index, line in enumerate(lines) if "] Solving " in line)
    end = next(index for index, line in enumerate(lines) if "Optimization Done." in line)
    assert all(time_of(line).month for line in lines[start : end + 1])
    # Scripts that count words find the figure in the eleventh.
    row = next(line for line in lines if "Test net output #0" in line)
    assert row.split()[4:10] == ["Test", "net", "output", "#0:", "accuracy", "="]
    assert float(row.split()[10]) > 0


def test_the_order_of_the_lines(log):
    lines = log("test_compute_loss: true snapshot: 3")
    kept = [line for line in lines if not line.startswith(("mycaffe", "net ", "solver ", "wrote"))]
    kept = [re.sub(r"loss = \S+|= \S+ loss|\(\S+ iter/s, \S+ iters\)", "", line) for line in kept]
    start = kept.index("Starting Optimization")
    assert kept[start : start + 10] == [
        "Starting Optimization",
        "Solving Line",
        "Learning Rate Policy: fixed",
        "Iteration 0, Testing net (#0)",
        "Test loss: 8.4375",
        "    Test net output #0: accuracy = 3.75",
        "    Test net output #1:  (* 1 )",
        "Iteration 0, ",
        "    Train net output #0:  (* 1 )",
        "Iteration 0, lr = 0.05",
    ]
    at = kept.index("Snapshotting to binary proto file runs/Line/001/Line_iter_3.caffemodel")
    state = "Snapshotting solver state to binary proto file runs/Line/001/Line_iter_3.solverstate"
    assert kept[at + 1] == state
    # One more forward pass, a test and the end, as max_iter 6 is a display and a test iteration.
    last = kept.index("Optimization Done.")
    assert kept[last - 5] == "Iteration 6, "
    assert kept[last - 4] == "Iteration 6, Testing net (#0)"


def test_losses_by_iteration(log):
    found = [match for line in log() if (match := LOSS.match(line))]
    assert [int(match[1]) for match in found] == [0, 2, 4, 6]
    values = [float(match[2]) for match in found]
    assert values == sorted(values, reverse=True) and values[-1] > 0


def test_debug_info_on_display_iterations(log):
    lines = log("debug_info: true")
    kinds = [
        r"    \[Forward\] Layer fc, top blob guess data: [\d.e-]+",
        r"    \[Forward\] Layer fc, param blob 0 data: [\d.e-]+",
        r"    \[Backward\] Layer loss, bottom blob guess diff: [\d.e-]+",
        r"    \[Backward\] Layer fc, param blob 1 diff: [\d.e-]+",
        r"    \[Backward\] All net params \(data, diff\): "
        r"L1 norm = \([\d.e-]+, [\d.e-]+\); L2 norm = \([\d.e-]+, [\d.e-]+\)",
    ]
    counts = [sum(bool(re.fullmatch(kind, line)) for line in lines) for kind in kinds]
    # Iterations 0, 2, 4; the test net and the last pass run forward only.
    assert counts[2:] == [3, 3, 3] and min(counts[:2]) > 3


def test_figures_of_a_trainer_are_below_its_tests():
    lines = []
    log = CaffeLog(lines.append, {"loss": 1.0}, 1)
    figures = {"loss": 0.5, "validation_error": 0.25, "mean_abs_error": 2.0, "baseline_error": 3.0}
    log.write_event(TestDone(15, 0, figures), 0.0)
    assert lines == [
        "Iteration 15, Testing net (#0)",
        "    Test net output #0: loss = 0.5 (* 1 = 0.5 loss)",
        "    mean abs error = 2, validation error = 0.25",
    ]


@pytest.mark.slow
def test_snapshots_in_hdf5(log, tmp_path, mycaffe):
    lines = log("snapshot_format: HDF5")
    name = "runs/Line/001/Line_iter_6"
    assert f"Snapshotting to HDF5 file {name}.caffemodel.h5" in lines
    assert f"Snapshotting solver state to HDF5 file {name}.solverstate.h5" in lines
    assert (tmp_path / "runs/Line/001/last.solverstate.h5").is_file()
    for state in (f"{name}.solverstate.h5", "runs/Line/001", f"{name}.caffemodel.h5", "auto"):
        lines = log("snapshot_format: HDF5", "-resume", state, "-iterations", "7")
        assert any("resumed from" in line and "iteration 6" in line for line in lines)
        # The run before is the newest now: take it away.
        for path in (tmp_path / "runs/Line/002").iterdir():
            path.unlink()
        (tmp_path / "runs/Line/002").rmdir()
