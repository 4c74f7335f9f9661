"""Settings of libraries in the current folder are left out by the commands: they may have come with a model."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mycaffe_py.compiled import refusing_settings_here, why_not

NET = """
layer { name: "in" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 } } }
layer { name: "loss" type: "Reduction" bottom: "x" top: "loss" loss_weight: 1 }
"""
MATPLOTLIBS = (
    "warning: matplotlibrc in the current folder is not used, as it could start programs\n"
)
NUMBAS = "warning: .numba_config.yaml in the current folder is not used, nor are compiled kernels\n"


@pytest.fixture
def mycaffe(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    code = "import sys; del sys.path[0]; from mycaffe_py.cli import main; main()"

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {"PATH": ""},  # no LaTeX
            cwd=tmp_path,
            timeout=60,
        )

    return run


def test_matplotlibs(mycaffe, tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nbad\033[31m: 1\n")
    done = mycaffe("draw", "net.prototxt", "net.png")
    assert (done.returncode, done.stdout, done.stderr) == (0, "net.png\n", MATPLOTLIBS)


@pytest.mark.posix
def test_matplotlibs_as_a_pipe(mycaffe, tmp_path):
    os.mkfifo(tmp_path / "matplotlibrc")
    done = mycaffe("draw", "net.prototxt", "net.png")
    assert (done.returncode, done.stdout, done.stderr) == (0, "net.png\n", MATPLOTLIBS)


def test_numbas_writes_no_file(mycaffe, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    (tmp_path / ".numba_config.yaml").write_text("chrome_trace: mine.txt\ndebug: 1\n")
    (tmp_path / "solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 1'
    )
    done = mycaffe("train", "--solver", "solver.prototxt", "--device", "cpu")
    assert done.returncode == 0 and done.stderr.startswith(NUMBAS), done.stderr
    assert mine.read_text() == "mine"


def test_numbas_count_in_scripts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = why_not()
    (tmp_path / ".numba_config.yaml").write_text("")
    assert why_not() == before
    with refusing_settings_here():
        assert why_not() != before or before is not None
