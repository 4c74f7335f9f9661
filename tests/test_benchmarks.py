"""The arithmetic of scripts in benchmarks/: what they conclude from what they measured."""

from __future__ import annotations

import importlib
import math
import os
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Import a script; the environment that it sets is put back."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_memory_that_grows_is_told_from_noise(script):
    leaks = script("leaks")
    updates = np.arange(0, 100_000, 1000.0)
    noise = np.random.default_rng(1).normal(0, 0.05, len(updates))
    assert leaks.rise(updates, 100 + updates / 50_000) == pytest.approx(1.98)
    assert abs(leaks.rise(updates, 100 + noise)) < 0.1
    assert leaks.resident_mb() > 20


def test_memory_is_reported_and_judged(script, monkeypatch, capsys):
    leaks = script("leaks")
    monkeypatch.setattr(leaks, "PARTS", 6)
    monkeypatch.setattr(leaks, "SETTLING", 2)
    monkeypatch.setattr("sys.argv", ["leaks.py", "--updates", "60", "--limit", "1000"])
    assert leaks.main() == 0 and "PASSED" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["leaks.py", "--updates", "60"])
    readings = iter(np.arange(100, 200, 1.0))
    monkeypatch.setattr(leaks, "resident_mb", lambda: next(readings))
    assert leaks.main() == 1 and "MISSED" in capsys.readouterr().out


def test_the_power_of_growth(script):
    scaling = script("scaling")
    rows = [["steps", n, 0, 3.0 * n**1.5, 7.0] for n in (1, 2, 4, 8, 16)]
    assert scaling.growth(rows, 3) == pytest.approx(1.5)
    assert scaling.growth(rows, 4) == pytest.approx(0, abs=1e-9)


def test_memory_grows_with_the_batch(script):
    scaling = script("scaling")
    small = scaling.replace(scaling.BASE, steps=10, hidden=8, units=8)
    one, four = (scaling.megabytes(scaling.plain, scaling.replace(small, batch=n)) for n in (1, 32))
    assert 0 < one < four < 40


def test_the_picture(script, tmp_path):
    scaling = script("scaling")
    rows = [
        [name, value, 10, 1.0 * value, math.nan, 0.5, math.nan, 2.0, math.nan]
        for name in ("steps", "parameters")
        for value in (10, 20, 40)
    ]
    scaling.draw(rows, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
