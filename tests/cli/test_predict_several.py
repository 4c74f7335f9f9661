"""mycaffe predict with trainers that give bands, notes, and forecasts of several series."""

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
SOLVER = """net: "line.prototxt" type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 2
trainer { type: "Telling" }
"""
PLUGIN = '''
"""A trainer that knows its forecasts."""

import numpy as np

from mycaffe_py import Trainer, hookimpl
from mycaffe_py.forecast import Forecast, Forecasts


def one(steps, first):
    times = np.arange(1.0, steps + 1)
    predictions = (first + times)[:, None]
    targets = np.full((steps, 1), np.nan)
    targets[:2, 0] = [first + 1.25, first + 9]
    ends = {"lower": predictions - 0.5, "upper": predictions + 0.5, "coverage": 0.8}
    return Forecast(times, predictions, targets, names=("y",), notes=("made up",), **ends)


class Telling(Trainer):
    """Needs no net."""

    type = "Telling"
    default_steps = 4
    caution = "it is made up"

    def test(self, net, iterations):
        return {"mean_abs_error": 9.0, "baseline_mean_abs_error": 1.0}

    def forecast(self, net, steps, *, start=None):
        return one(steps, 1234562.0)

    def forecast_caution(self, net):
        return self.caution


class TellingSeveral(Telling):
    """Has three series."""

    type = "TellingSeveral"
    default_steps = None
    caution = None

    def forecast(self, net, steps, *, start=None, series=()):
        chosen = [name for name in ("a", "b", "c") if name in (series or "abc")]
        return Forecasts([one(steps, 10.0) for _ in chosen], chosen, "shop", ["of shops"])


class Wrong(Telling):
    """Gives no forecast."""

    type = "Wrong"
    default_steps = 2.5

    def forecast(self, net, steps, *, start=None):
        return [1.0]


class WrongCaution(Telling):
    """Has a caution that is no text."""

    type = "WrongCaution"
    caution = 3


@hookimpl
def mycaffe_trainers():
    """Return the trainers of this file."""
    return [Telling, TellingSeveral, Wrong, WrongCaution]
'''


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    """Plugins named with --plugin are forgotten after the test."""
    monkeypatch.setattr(registry, "_default", default_registry())


@pytest.fixture
def predict(mycaffe, tmp_path):
    from mycaffe_py import TEST, Net

    for name, text in {
        "line.prototxt": MODEL,
        "solver.prototxt": SOLVER,
        "telling.py": PLUGIN,
    }.items():
        (tmp_path / name).write_text(text)
    Net(str(tmp_path / "line.prototxt"), TEST).save(str(tmp_path / "w.caffemodel"))

    def run(trainer, *arguments):
        settings = trainer if "{" in trainer else f'{{ type: "{trainer}" }}'
        (tmp_path / "solver.prototxt").write_text(SOLVER.replace('{ type: "Telling" }', settings))
        files = (
            "--solver",
            "solver.prototxt",
            "--model",
            "line.prototxt",
            "--weights",
            "w.caffemodel",
        )
        return mycaffe("predict", *files, "--plugin", "telling.py", "--device", "cpu", *arguments)

    return run


def test_bands_notes_and_the_trainers_own_steps_and_caution(predict, tmp_path, painted):
    result = predict("Telling")
    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    assert "made up" in lines
    assert "y: mean absolute error 3.625 (truth known for 2 of 4 points)" in lines
    assert "the 80 % band holds 1 of 2 known values" in lines
    assert lines[-1] == "warning: it is made up"
    header, first, *rest = (tmp_path / "forecast.csv").read_text().splitlines()
    assert header == "time,y,y_lower,y_upper,y_true" and len(rest) == 3
    assert first == "1,1234563,1234562.5,1234563.5,1234563.25"
    assert (tmp_path / "forecast.png").exists()


def test_the_trainer_that_another_one_runs(predict):
    result = predict('{ type: "MyCaffeTrainerDual" dual_param { trainer_type: "Telling" } }')
    assert result.exit_code == 0, result.stderr
    assert "warning: it is made up" in result.stderr


def test_json_has_all_digits(predict):
    found = json.loads(predict("Telling", "--json").stdout)
    assert found["columns"] == ["time", "y", "y_lower", "y_upper", "y_true"]
    assert found["rows"][1] == ["2", 1234564.0, 1234563.5, 1234564.5, 1234571.0]
    assert found["rows"][3][-1] is None
    assert (found["coverage"], found["coverage_found"], found["series"]) == (0.8, 0.5, None)
    assert (found["notes"], found["caution"], found["frozen_test"]) == (
        ["made up"],
        "it is made up",
        {},
    )


def test_several_series(predict, tmp_path, painted):
    result = predict("TellingSeveral", "--steps", 3)
    assert result.exit_code == 0, result.stderr
    assert "of shops" in result.stderr and "warning" not in result.stderr
    assert "mean over 3 series (truth known for 6 of 9 points)" in result.stderr
    assert "the 80 % band holds 3 of 6 known values" in result.stderr
    header, *rows = (tmp_path / "forecast.csv").read_text().splitlines()
    assert header == "shop,time,y,y_lower,y_upper,y_true"
    assert [row[:4] for row in rows] == [f"{name},{time}," for name in "abc" for time in (1, 2, 3)]
    assert (tmp_path / "forecast.png").exists()


def test_chosen_series(predict):
    chosen = ("--series", "a", "--series", "c")
    found = json.loads(predict("TellingSeveral", "--steps", 2, *chosen, "--json").stdout)
    assert found["series"] == ["a", "c"]
    assert [row[0] for row in found["rows"]] == ["a", "a", "c", "c"]


@pytest.mark.parametrize(
    ("trainer", "arguments", "code", "words"),
    [
        ("Telling", ("--series", "a"), 2, "--series a: trainer Telling makes no forecasts of single"),
        ('{ type: "MyCaffeTrainerDual" dual_param { trainer_type: "Telling" } }', ("--series", "a"),
         2, "--series a: trainer Telling makes"),
        ("TellingSeveral", (), 2, "missing option '--steps': trainer TellingSeveral"),
        ("Wrong", (), 2, "trainer Wrong: default_steps is 2.5, not a whole number"),
        ("Wrong", ("--steps", 1), 2, "trainer Wrong: forecast(): returned [1.0], not a Forecast"),
        ("WrongCaution", (), 2, "forecast_caution(): returned 3, neither a text nor None"),
    ],
)  # fmt: skip
def test_mistakes(predict, tmp_path, trainer, arguments, code, words):
    result = predict(trainer, *arguments)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr
    assert not (tmp_path / "forecast.csv").exists()
