from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

SMALL = (
    "--solver",
    "adamw.prototxt",
    "--model",
    "LiquidNetCfc.prototxt",
    "--set",
    "cfc1.cfc_param.hidden_size=4",
    "--set",
    "cfc1.cfc_unit_param.backbone_units=4",
)


@pytest.fixture(autouse=True)
def _sketches(sketches):
    """Nothing is painted but where a test takes ``painted``."""


@pytest.fixture
def mycaffe(monkeypatch, tmp_path):
    """Run the command line in an empty folder; returns click's result."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def train(mycaffe):
    """Train the shipped net, made small."""

    def run(*arguments):
        return mycaffe("train", *SMALL, "--device", "cpu", *arguments)

    return run


MAIN = "import sys; sys.modules['matplotlib'] = None; from mycaffe_py.cli import main; main()"
"""The command without its pictures; to import what paints them takes longer than all the rest."""


@pytest.fixture
def start(tmp_path):
    """Start the command line as a process in an empty folder."""
    started = []

    def run(*arguments, **options):
        command = [sys.executable, "-c", MAIN, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, cwd=tmp_path, **pipes | options)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def runs(tmp_path) -> Path:
    return tmp_path / "runs" / "LiquidNetCfc"


DATA_NET = """
name: "Line"
layer { name: "data" type: "Counting" top: "x" top: "y" }
layer {
  name: "fc" type: "InnerProduct" bottom: "x" top: "guess"
  inner_product_param { num_output: 1 weight_filler { type: "constant" value: 0.5 } }
}
layer { name: "loss" type: "EuclideanLoss" bottom: "guess" bottom: "y" top: "loss" }
"""
DATA_SOLVER = """
net: "line.prototxt" type: "SGD" base_lr: 0.05 lr_policy: "fixed" max_iter: 6 display: 2
test_iter: 4 test_interval: 3
"""
DATA_LAYER = '''
"""A data layer for tests."""

import numpy as np

from mycaffe_py.plugins.hookspecs import hookimpl
from mycaffe_py.layer import Layer


class Counting(Layer):
    """Makes x = 1, 2, 3, 4 and y = 2 x."""

    type = "Counting"
    exact_num_bottom_blobs = 0
    exact_num_top_blobs = 2

    def reshape(self, bottom, top):
        for blob in top:
            blob.reshape(4, 1)

    def forward(self, bottom, top):
        top[0].data[:, 0] = np.arange(1, 5)
        top[1].data[...] = 2 * top[0].data

    def backward(self, top, propagate_down, bottom):
        pass


@hookimpl
def mycaffe_layers():
    return [Counting]
'''


@pytest.fixture
def data_net(tmp_path):
    """Write a net with a data layer, its solver and the plugin file that brings the layer."""
    (tmp_path / "line.prototxt").write_text(DATA_NET)
    (tmp_path / "sgd.prototxt").write_text(DATA_SOLVER)
    (tmp_path / "counting.py").write_text(DATA_LAYER)
