"""The cache of compiled kernels: found again, made anew after a change, and none the worse for damage."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

KERNEL = """
from factor import FACTOR
import factor
from mycaffe_py.compiled import compiled
@compiled
def scaled(x):
    return FACTOR * x
"""
SCRIPT = """
import factor
from mycaffe_py.compiled import kernel_source
kernel_source("factor")
from kernel import scaled
print(scaled(3.0), sum(scaled.stats.cache_hits.values()))
"""


@pytest.fixture
def run(tmp_path):
    """Run a script with a cache of its own; return the lines that it prints."""
    (tmp_path / "kernel.py").write_text(KERNEL)
    (tmp_path / "factor.py").write_text("FACTOR = 2\n")
    home = tmp_path / "cache"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME": str(home)}

    def run(script=SCRIPT, **settings):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment | settings,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    run.kept = lambda: [file for file in home.rglob("*") if file.is_file()]
    run.home = home
    return run


def test_found_again_and_made_anew_after_damage(run):
    assert run() == ["6.0", "0"] and run() == ["6.0", "1"]
    for suffix in (".nbi", ".nbc"):
        (damaged,) = (file for file in run.kept() if file.suffix == suffix)
        damaged.write_bytes(b"\x1a\x00 none of it")
        assert run() == ["6.0", "0"] and run() == ["6.0", "1"]


def test_a_constant_of_another_file_is_noticed(run, tmp_path):
    assert run() == ["6.0", "0"]
    (tmp_path / "factor.py").write_text("FACTOR = 5\n")
    assert run() == ["15.0", "0"]


@pytest.mark.posix
def test_a_folder_that_others_may_write_is_not_used(run):
    assert run() == ["6.0", "0"]
    (folder,) = {file.parent for file in run.kept()}
    while folder.parent != run.home / "mycaffe-py" / "kernels":
        folder = folder.parent
    folder.chmod(0o777)
    assert run() == ["6.0", "0"]


def test_a_place_that_cannot_be_made(run):
    run.home.write_text("a file")
    assert run() == ["6.0", "0"]


def test_a_numba_that_cannot_be_imported(run, tmp_path):
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text('raise ImportError("Numba needs\\nanother")')
    script = (
        "from mycaffe_py.compiled import why_not, in_use\nfrom mycaffe_py.device import Device\n"
    )
    script += "print(why_not(), in_use(Device()))"
    found = " ".join(run(script, MYCAFFE_FAST="1"))
    assert found == "unusable: numba cannot be imported: Numba needs another False"
    script = "import sys\nsys.argv = ['mycaffe', 'doctor']\nfrom mycaffe_py.cli import main\nmain()"
    assert "numba cannot be imported: Numba needs another" in " ".join(
        run(script, MYCAFFE_FAST="1")
    )


@pytest.mark.parametrize(
    ("value", "off"), [("0", True), ("no", True), ("OFF", True), ("1", False), ("", False)]
)
def test_the_switch(monkeypatch, value, off):
    from mycaffe_py.compiled import why_not

    monkeypatch.setenv("MYCAFFE_FAST", value)
    assert why_not() == (f"turned off by MYCAFFE_FAST={value}" if off else None)
