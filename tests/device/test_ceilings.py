"""What the machine reaches."""

from __future__ import annotations

import math

import pytest

from mycaffe_py.device import Ceilings, Device, Level, ceilings, measure_ceilings, thread_count
from mycaffe_py.testing import strict_device

FOUND = Ceilings(
    "cpu", "float32", 2, 5e10, (Level("L2", 1 << 20, 8e10), Level("memory", math.inf, 2e10))
)


@pytest.fixture
def quick(monkeypatch):
    """Smaller arrays, and each measured once."""
    monkeypatch.setattr(ceilings, "_REPEATS", 1)
    monkeypatch.setattr(ceilings, "_LARGEST", 1 << 20)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_ceilings_of_this_machine(quick, dtype):
    found = measure_ceilings(Device(), dtype)
    assert found.flops > 1e6 and all(level.speed > 1e6 for level in found.levels)
    assert (found.device, found.dtype, found.threads) == ("cpu", dtype, thread_count())
    assert [level.name for level in found.levels] == ["L2", "L3", "memory"]
    assert found.levels[0].holds <= found.levels[1].holds < found.levels[2].holds == math.inf


def test_on_a_device_with_arrays_of_its_own(quick):
    assert measure_ceilings(strict_device()).flops > 0


def test_sizes_of_caches(tmp_path, monkeypatch):
    for index, (level, size) in enumerate(((1, "32K"), (2, "2M"), (3, "1G"))):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        (folder / "level").write_text(f"{level}\n")
        (folder / "size").write_text(f"{size}\n")
    monkeypatch.setattr(ceilings, "_CACHES", tmp_path)
    assert (ceilings.cache_size(2), ceilings.cache_size(3)) == (2 << 20, 1 << 30)


@pytest.mark.parametrize("text", [None, "", "many\n"])
def test_where_the_system_does_not_say(tmp_path, monkeypatch, text):
    if text is not None:
        (tmp_path / "index2").mkdir()
        (tmp_path / "index2" / "level").write_text("2")
        (tmp_path / "index2" / "size").write_text(text)
    monkeypatch.setattr(ceilings, "_CACHES", tmp_path)
    assert ceilings.cache_size(2) == 1 << 20


def test_in_words_and_as_values():
    assert str(FOUND) == "50 GFLOP/s (float32, BLAS threads 2), L2 80 GB/s, memory 20 GB/s"
    values = FOUND.as_values()
    assert values["gflop_per_s"] == 50 and values["levels"][1]["holds_bytes"] is None
    assert values["levels"][0] == {"name": "L2", "holds_bytes": 1 << 20, "gb_per_s": 80}


def test_bytes_come_from_the_level_that_holds_them():
    assert FOUND.seconds(0, 8e10, 1 << 20) == 1
    assert FOUND.seconds(0, 8e10, (1 << 20) + 1) == 4
    assert FOUND.seconds(5e11, 8e10, 1000) == 10
