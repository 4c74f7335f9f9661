from __future__ import annotations

import json

import pytest

from .conftest import SMALL

WEIGHTS = ("--weights", "runs/LiquidNetCfc/001/last.caffemodel")


@pytest.fixture
def trained(train):
    assert train("--iterations", 30, "--seed", 1, "-q").exit_code == 0


def test_frozen_weights_on_the_gym_beside_the_baseline(mycaffe, trained):
    result = mycaffe("test", *SMALL, *WEIGHTS, "--iterations", 20, "--seed", 1, "-device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("mean over 20 passes with frozen weights\nloss = ")
    assert "(baseline " in result.stdout and "mean abs error = " in result.stdout


def test_json(mycaffe, trained):
    arguments = (
        "test",
        *SMALL,
        *WEIGHTS,
        "--iterations",
        20,
        "--json",
        "--device",
        "cpu",
        "--seed",
        1,
    )
    result = mycaffe(*arguments)
    figures = json.loads(result.stdout)
    assert figures["iterations"] == 20
    assert {"loss", "accuracy", "baseline_accuracy", "mean_abs_error"} <= figures.keys()
    assert mycaffe(*arguments).stdout == result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([*SMALL], 2, "--weights FILE.caffemodel"),
        ([*WEIGHTS], 2, "add --solver FILE"),
        ([*SMALL, "--weights", "gone.caffemodel"], 3, "gone.caffemodel"),
        (
            ["--model", "LiquidNetCfc.prototxt", *SMALL[4:], *WEIGHTS],
            2,
            "nothing fills the inputs x",
        ),
    ],
)
def test_mistakes(mycaffe, trained, arguments, code, words):
    result = mycaffe("test", *arguments)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr
