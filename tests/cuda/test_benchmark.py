"""The benchmark of the kernels runs, rehearsed on a GPU that never was: its figures mean nothing there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from ..gpu.stand_in import StandIn
from .stand_in_kernels import Kernels

pytestmark = pytest.mark.shim
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("cfc_kernels", BENCHMARKS / "cfc_kernels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("reporting", None)


@pytest.fixture
def gpu(monkeypatch):
    module = StandIn()
    module.kernels = Kernels(module)
    monkeypatch.setattr("mycaffe_py.device.device.import_cupy", lambda: module)
    return module


def test_every_way_is_measured(benchmark, gpu, capsys):
    sizes = "--hidden 16 --units 4 --layers 1 --steps 3 --batch 2 --rounds 1 --runs 1"
    assert benchmark.main(sizes.split()) == 0
    printed = capsys.readouterr().out
    assert printed.count("one block") == 2 and printed.count("plain CuPy") == 1
    assert printed.count("from the cache") == 1


def test_it_says_that_there_are_no_kernels(benchmark, gpu, monkeypatch):
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    with pytest.raises(SystemExit, match="there are no kernels for such a cell"):
        benchmark.main(["--batch", "1", "--steps", "2"])
