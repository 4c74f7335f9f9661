"""Damaged HDF5 files by the hundred: only documented errors come out, in any way of reading them.

``MYCAFFE_FUZZ_CASES=20000 pytest -m slow tests/stores/test_hdf5_fuzz.py`` tries more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from ..peak_memory import ROOT, peak_memory
from .hdf5_fuzz import case_seeds, mutate, try_case, try_many

CASES = int(os.environ.get("MYCAFFE_FUZZ_CASES", "3000"))


def test_what_is_damaged_here_can_be_read(tmp_path):
    for index, data in enumerate(case_seeds(tmp_path)):
        path = tmp_path / f"{index}.h5"
        path.write_bytes(data)
        with h5py.File(path) as file:
            assert len(file) > 0
        try_case(path)


def test_a_finding_is_reported(tmp_path, monkeypatch):
    def fail(path, seconds):
        raise KeyError(path.name)

    monkeypatch.setattr("tests.stores.hdf5_fuzz.try_case", fail)
    assert try_many(1, 5, tmp_path) == ["case 0 of seed 5: KeyError('case.h5')"]
    assert (tmp_path / "found0.h5").exists()


def test_damage_is_drawn_from_the_seed():
    data = bytes(range(256)) * 4
    first, again, other = (mutate(np.random.default_rng(seed), data) for seed in (1, 1, 2))
    assert first == again != other and first != data


def test_a_hundred_damaged_files(tmp_path):
    assert try_many(100, 14, tmp_path) == []


@pytest.mark.slow
def test_many_damaged_files(tmp_path):
    """In a process of its own, since a fault in HDF5's C code would end it."""
    command = [sys.executable, "-m", "tests.stores.hdf5_fuzz", str(CASES), "1", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{tmp_path}/case.h5: {done.stderr}"
    assert json.loads(done.stdout) == []


# Memory. Each file is a few kilobytes, or some tens, and claims gigabytes.

_READ = """
import sys
from pathlib import Path
from tests.stores.hdf5_fuzz import try_case
try_case(Path(sys.argv[1]))
"""


def _never_written(file):
    for name in ("data", "label"):
        file.create_dataset(name, (30000, 30000), "f4", chunks=(300, 300))


def _weights_never_written(file):
    file["iter"], file["current_step"], file["learned_net"] = 1, 0, np.array(b"f.h5")
    for name in ("data/fc1/0", "history/0"):
        file.create_dataset(name, (30000, 30000), "f4", chunks=(300, 300))


def _one_chunk_written(file):
    file.create_dataset("data", (30000, 30000), "f4", chunks=(300, 300))[0, 0] = 1
    file.create_dataset("label", (30000,), "f4", chunks=(300,))[0] = 1


def _gzip_of_zeros(file):
    for name in ("data", "label"):
        chunks = (1, 1 << 22)
        made = file.create_dataset(name, (256, 1 << 22), "f4", chunks=chunks, compression="gzip")
        made[:16] = 0


def _bombs(file):
    import zlib

    bomb = zlib.compress(bytes(1 << 30), 9)
    for name in ("data", "label"):
        chunks = (1, 1 << 20)
        made = file.create_dataset(name, (8, 1 << 20), "u1", chunks=chunks, compression="gzip")
        for row in range(8):
            made.id.write_direct_chunk((row, 0), bomb)


def _many_chunks(file):
    for name in ("data", "label"):
        file.create_dataset(name, (1 << 16, 1), "u1", chunks=(1, 1))[0] = 1


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.parametrize(
    "put",
    [
        _never_written,
        _weights_never_written,
        _one_chunk_written,
        _gzip_of_zeros,
        _bombs,
        _many_chunks,
    ],
)
def test_no_file_takes_a_gigabyte(tmp_path, put):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        put(file)
    assert (tmp_path / "f.h5").stat().st_size < 17 << 20
    peak, _ = peak_memory(_READ, tmp_path / "f.h5")
    assert peak < 1024
