"""The commands run on a GPU."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.actions import doctor as diagnosis
from mycaffe_py.cli.app import app
from mycaffe_py.device import device

SMALL = (
    *("--model", "LiquidNetCfc.prototxt", "--solver", "adamw.prototxt"),
    *("--set", "cfc1.cfc_param.hidden_size=4", "--set", "cfc1.cfc_unit_param.backbone_units=4"),
)


@pytest.fixture
def mycaffe(kind, sketches, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_training_stops_and_goes_on(mycaffe):
    assert "gpu:0" in mycaffe("train", *SMALL, "--iterations", 3, "--run-dir", "run", "--gpu", 0)
    output = mycaffe("train", *SMALL, "--iterations", 5, "--resume", "run", "--device", "gpu")
    assert "resumed from run/" in output
    weights = ("--weights", "run/best.caffemodel", "--iterations", 2, "--gpu", 0)
    assert "loss" in mycaffe("test", *SMALL, *weights)


@pytest.mark.slow
def test_pictures_of_a_layer(mycaffe):
    minimal = ("--set", "cfc1.cfc_unit_param.minimal=true")
    wired = (
        "--set",
        "cfc1.wiring_param.type=FULLY_CONNECTED",
        "--set",
        "cfc1.cfc_param.time=SPANS",
    )
    ltc = ("--set", "cfc1.cfc_param.cell_type=LTC", "--set", "cfc1.wiring_param.type=RANDOM")
    for number, more in enumerate([(), minimal, wired, ltc]):
        folder = f"run{number}"
        mycaffe("train", *SMALL, *more, "--iterations", 1, "--run-dir", folder, "--gpu", 0)
        assert "cfc1_states.png" in mycaffe("explain", "--weights", folder, "--gpu", 0)


def test_the_time_of_each_layer(mycaffe):
    assert "cfc1" in mycaffe("time", *SMALL[:2], "--iterations", 2, "--gpu", 0)


def test_the_doctor_names_the_gpu(mycaffe, monkeypatch):
    monkeypatch.setattr(diagnosis, "import_cupy", device.import_cupy)
    assert "gpu:0" in mycaffe("doctor")


def test_a_small_net_stays_on_the_cpu_and_a_larger_one_is_tried(mycaffe):
    small = mycaffe("train", *SMALL, "--iterations", 1, "--run-dir", "small")
    assert "device cpu (" in small and "too few for a GPU)" in small
    whole = mycaffe("train", *SMALL[:4], "--iterations", 1, "--run-dir", "whole")
    assert "faster in a trial: a step took " in whole and " ms on gpu:0" in whole
