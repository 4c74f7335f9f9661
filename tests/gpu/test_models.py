"""Shipped models train the same way on a GPU as on the CPU, and the benchmark of both runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from ..solving import make_solver
from .test_solvers import weights

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SETTINGS = """lr_policy: "inv" base_lr: 0.01 gamma: 0.0001 power: 0.75 momentum: 0.9 weight_decay: 0.0005 """


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("gpu_layers", BENCHMARKS / "gpu_layers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("reporting", None)


@pytest.mark.parametrize(
    ("name", "dtype", "tolerance"),
    [
        ("LeNet", "float64", 1e-9),
        pytest.param("LeNet", "float32", 1e-3, marks=pytest.mark.slow),
        ("SmallResNet", "float64", 1e-7),
        ("Cifar10Quick", "float64", 1e-9),
    ],
)
def test_a_model_trains_the_same_way(both, benchmark, name, dtype, tolerance):
    found = []
    for device in both:
        net = benchmark.make_net(name, 4, device, dtype)
        solver = make_solver(SETTINGS, net=net, start="")
        solver.step(20 if name == "LeNet" else 3)
        found.append((weights(solver), solver.loss))
    scale = np.abs(found[0][0]).max()
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=0, atol=tolerance * scale)
    assert found[0][1] == pytest.approx(found[1][1], rel=tolerance, abs=tolerance)


def test_the_benchmark_runs(gpu, benchmark, capsys):
    assert benchmark.main(["--batch", "2", "--rounds", "1", "--runs", "1"]) == 0
    printed = capsys.readouterr().out
    assert "conv2 (Convolution)" in printed and "(Eltwise)" in printed


def test_the_benchmark_says_that_there_is_no_gpu(benchmark, monkeypatch, capsys):
    from mycaffe_py.errors import DeviceError

    def none():
        raise DeviceError("no GPU: none here", hint="buy one")

    monkeypatch.setattr("mycaffe_py.device.device.import_cupy", none)
    assert benchmark.main([]) == 4
    assert capsys.readouterr().err == "no GPU: none here\nbuy one\n"
