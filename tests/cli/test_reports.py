"""Reports of trainers in mycaffe train and mycaffe test."""

from __future__ import annotations

import json

import pytest

from mycaffe_py.plugins import default_registry, registry

MODEL = """name: "Line"
layer { name: "data" type: "Input" top: "x" top: "target"
  input_param { shape { dim: 1 dim: 1 } shape { dim: 1 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "xhat" inner_product_param { num_output: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
"""
SOLVER = """net: "line.prototxt" type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 3
trainer { type: "Telling" }
"""
PLUGIN = '''
"""Trainers with reports."""

import os

from mycaffe_py import Trainer, hookimpl
from mycaffe_py.trainer import Report, ReportTable


def of(word, value):
    table = ReportTable("errors " + word, ("span", "net", "naive"), [("day", value, 2.5)], "low")
    return Report([table], ["a note"], ["a caution"])


class Telling(Trainer):
    """Reports the number of the last update."""

    type = "Telling"

    def prepare(self):
        if os.environ.get("STOP") and self.solver.iter == 1:
            self.solver.request("stop")

    def test(self, net, iterations):
        return {"loss": 1.0, "passes": float(iterations)}

    def report(self):
        assert not self.solver.stop_requested
        self.solver.net.forward_layers()
        return of("of training", self.solver.iter / 8)

    def test_report(self, net):
        return of("of a test", 0.1)


class Silent(Telling):
    """Reports nothing."""

    type = "Silent"

    def report(self):
        return None

    def test_report(self, net):
        return None


class Broken(Telling):
    """Fails."""

    type = "Broken"

    def report(self):
        return 1 / 0

    def test_report(self, net):
        return {"a": 1}


class Leaving(Telling):
    """Wants to leave."""

    type = "Leaving"

    def report(self):
        raise SystemExit(3)


class WrongAnswer(Telling):
    """Returns no report."""

    type = "WrongAnswer"

    def report(self):
        return "fine"


@hookimpl
def mycaffe_trainers():
    """Return the trainers of this file."""
    return [Telling, Silent, Broken, Leaving, WrongAnswer]
'''
DUAL = '{ type: "MyCaffeTrainerDual" dual_param { trainer_type: "Telling" } }'
TABLE = [
    "errors of training",
    "span    net   naive",
    "day   0.375*    2.5",
    "",
    "a note",
]


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    """Plugins named with --plugin are forgotten after the test."""
    monkeypatch.setattr(registry, "_default", default_registry())


@pytest.fixture
def run(mycaffe, tmp_path):
    (tmp_path / "line.prototxt").write_text(MODEL)
    (tmp_path / "telling.py").write_text(PLUGIN)

    def run(verb, trainer, *arguments):
        settings = trainer if "{" in trainer else f'{{ type: "{trainer}" }}'
        (tmp_path / "solver.prototxt").write_text(SOLVER.replace('{ type: "Telling" }', settings))
        how = ("--solver", "solver.prototxt", "--plugin", "telling.py", "--device", "cpu")
        return mycaffe(verb, *how, *arguments)

    return run


@pytest.fixture
def train(run):
    return lambda trainer, *more: run("train", trainer, "--run-dir", "run", "--seed", 1, *more)


def record(tmp_path):
    return json.loads((tmp_path / "run" / "run.json").read_text())


@pytest.mark.parametrize("trainer", ["Telling", DUAL])
def test_a_training_ends_with_the_report(train, tmp_path, trainer):
    result = train(trainer)
    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    end = next(index for index, line in enumerate(lines) if line.startswith("wrote "))
    assert "report.csv" in lines[end]
    assert lines[end + 1 :] == [*TABLE, "warning: a caution"]
    assert result.stdout == "run\n"
    assert (tmp_path / "run" / "report.csv").read_text() == "span,net,naive\nday,0.375,2.5\n"
    found = record(tmp_path)
    assert found["report"]["tables"][0]["rows"] == [["day", 0.375, 2.5]]
    assert found["cautions"] == ["a caution"] and found["status"] == "done"


def test_quiet_leaves_the_cautions(train, tmp_path):
    result = train("Telling", "--quiet")
    assert result.stderr.splitlines()[-1] == "warning: a caution"
    assert "errors of training" not in result.stderr
    assert (tmp_path / "run" / "report.csv").exists()


def test_a_training_that_was_stopped_reports_too(train, tmp_path, monkeypatch):
    monkeypatch.setenv("STOP", "1")
    result = train("Telling")
    assert record(tmp_path)["status"] == "interrupted"
    assert "day   0.25*    2.5" in result.stderr.splitlines()


def test_no_report(train, tmp_path):
    result = train("Silent")
    assert result.exit_code == 0 and "report" not in result.stderr
    assert not (tmp_path / "run" / "report.csv").exists()
    assert (record(tmp_path)["report"], record(tmp_path)["cautions"]) == (None, [])


@pytest.mark.parametrize(
    ("trainer", "words"),
    [
        ("Broken", 'no report: trainer Broken of plugin "telling", report(): ZeroDivisionError'),
        ("Leaving", 'no report: trainer Leaving of plugin "telling", report(): SystemExit: 3'),
        ("WrongAnswer", "no report: trainer WrongAnswer: report(): returned 'fine', neither"),
    ],
)
def test_a_report_that_fails_harms_no_run(train, tmp_path, trainer, words):
    result = train(trainer)
    assert result.exit_code == 0, result.stderr
    assert f"warning: {words}" in result.stderr
    assert record(tmp_path)["status"] == "done"
    assert (tmp_path / "run" / "last.caffemodel").exists()


def test_a_mistake_of_ours_says_so(train, monkeypatch):
    monkeypatch.setattr("mycaffe_py.trainer.Report.csv_text", lambda self: 1 / 0)
    result = train("Telling")
    assert result.exit_code == 0
    assert "no report: ZeroDivisionError: division by zero" in result.stderr
    assert "a bug in mycaffe-py" in result.stderr and "test_reports.py:" in result.stderr


# mycaffe test.


@pytest.fixture
def tested(run, tmp_path):
    from mycaffe_py import TEST, Net

    Net(str(tmp_path / "line.prototxt"), TEST).save(str(tmp_path / "w.caffemodel"))
    files = ("--model", "line.prototxt", "--weights", "w.caffemodel")
    return lambda trainer, *more: run("test", trainer, *files, *more)


@pytest.mark.parametrize("trainer", ["Telling", DUAL])
def test_a_test_prints_the_report_in_place_of_means(tested, trainer):
    result = tested(trainer)
    assert result.exit_code == 0, result.stderr
    lines = ["errors of a test", "span  net   naive", "day   0.1*    2.5", "", "a note"]
    assert result.stdout.splitlines() == lines
    assert result.stderr.splitlines()[-1] == "warning: a caution"
    assert "--iterations" not in result.stderr


def test_iterations_have_no_effect_on_a_report(tested):
    assert "warning: --iterations 9 has no effect" in tested("Telling", "--iterations", 9).stderr


def test_json_has_the_report_beside_the_metrics(tested):
    result = tested("Telling", "--json", "--iterations", 9)
    found = json.loads(result.stdout)
    assert (found["passes"], found["iterations"]) == (9.0, 9)
    assert found["report"]["tables"][0]["rows"] == [["day", 0.1, 2.5]]
    assert "has no effect" not in result.stderr


def test_the_report_as_a_table(tested, tmp_path):
    assert tested("Telling", "--out", "r.csv").exit_code == 0
    assert (tmp_path / "r.csv").read_text() == "span,net,naive\nday,0.1,2.5\n"
    assert "replacing r.csv" in tested("Telling", "--out", "r.csv").stderr


def test_without_a_report_there_are_means(tested):
    result = tested("Silent")
    assert result.stdout.startswith("mean over 50 passes with frozen weights\nloss = 1")
    assert "report" not in json.loads(tested("Silent", "--json").stdout)


@pytest.mark.parametrize(
    ("trainer", "arguments", "words"),
    [
        ("Silent", ("--out", "r.csv"), "--out r.csv: there is no report to write"),
        ("Telling", ("--out", "."), "--out . is a folder"),
        ("Telling", ("--out", "w.caffemodel"), "would overwrite w.caffemodel, the weights that it is tested with"),
        ("Telling", ("--out", "line.prototxt"), "would overwrite line.prototxt, the model that it is tested with"),
        ("Broken", (), "trainer Broken: test_report(): returned {'a': 1}, neither a Report nor None"),
    ],
)  # fmt: skip
def test_mistakes(tested, tmp_path, trainer, arguments, words):
    before = (tmp_path / "line.prototxt").read_bytes()
    result = tested(trainer, *arguments)
    assert result.exit_code == 2 and words in result.stderr
    assert (tmp_path / "line.prototxt").read_bytes() == before
    assert not (tmp_path / "r.csv").exists()
