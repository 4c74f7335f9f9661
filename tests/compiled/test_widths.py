"""Kernels cut for vectors and registers of other processors give the same, though not as fast."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ["tests/plugins/vision/test_tap_correlation.py", "tests/compiled/test_products.py"]
CODE = """
import sys
import mycaffe_py.compiled.vectors as vectors
vectors.HOST = vectors.Vectors({host})
import pytest
sys.exit(pytest.main(["-n0", "-q", *{files}]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("host", ["64, (8, 2), (4, 4), (1, 16)", "16, (4, 2), (4, 2), (1, 8)"])
def test_tiles_for_another_processor(host, tmp_path):
    names = {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(host=host, files=FILES)],
        cwd=ROOT, env=os.environ | names, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout or "100%" in done.stdout
