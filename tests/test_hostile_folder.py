"""Every command in a folder as a stranger may have prepared it: nothing of it is executed, and every error is ours."""

from __future__ import annotations

import pickle
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

from .hostile import RUN, Hostile

W, M, S = "weights.caffemodel", "net.prototxt", "solver.prototxt"
TYPES = ("layers", "solvers", "fillers", "gyms", "trainers", "lr-policies", "observers")
COMMANDS = {
    "train": [
        ("--solver", S),
        ("--solver", S, "--print-config"),
        ("--solver", S, "--weights", W),
        ("--solver", S, "--resume", "auto"),
        ("--resume", RUN),
        ("--weights", RUN),
        ("--solver", "adamw.prototxt", "--model", M),
    ],
    "test": [("--weights", RUN), ("--weights", W, "--model", M)],
    "check": [(M, S, "old.prototxt", RUN / "model.prototxt"), ("--gradients", M)],
    "predict": [("--weights", RUN, "--steps", "2"), ("--weights", W, "--solver", S)],
    "runs": [("runs",), (RUN,)],
    "stop": [(RUN,)],
    "new": [("project", "Mine", "--gym", "Curve"), ("layer", "Setup"), ("package", "evil")],
    "convert-imageset": [(".", "list.txt", "db")],
    "compute-image-mean": [(".",), ("--backend", "leveldb", ".")],
    "extract-features": [(W, M, "z", "features", "1", "lmdb")],
    "time": [("--model", M), ("--solver", S), ("--weights", RUN)],
    "draw": [(M,), (M, "net.png"), (RUN / "model.prototxt", "run.svg")],
    "explain": [("--weights", RUN), ("--weights", W, "--model", M)],
    "upgrade-net": [("old.prototxt", "new.prototxt"), (W, "new.caffemodel")],
    "upgrade-solver": [(S, "new_solver.prototxt")],
    "doctor": [()],
    "device-query": [()],
    "plugins": [()],
    **{verb: [()] for verb in TYPES},
    "benchmark": [("--help",)],  # reads no files
    "convert-annoset": [(".", "list.txt", "db")],
    "convert-weights": [
        ("weights.pt", "--print-layer"),
        ("weights.pt", "new.caffemodel", "--model", M),
        (W, "new.safetensors", "--model", M),
    ],
    "fold-bn": [("--model", M, "--weights", W, "--out", "new.prototxt")],
    "designer": [("gone",), (M,)],  # its server: tests/designer/test_hostile_project.py
    "plot": [(RUN,), (RUN, "--gif")],
    "report": [(RUN,), (RUN, "--out", "mine.html")],
}
CASES = [(verb, *arguments) for verb, given in COMMANDS.items() for arguments in given]
CODES = (0, 2, 3, 4, 5)


@pytest.fixture
def hostile(tmp_path):
    finders = list(sys.meta_path)
    yield Hostile(tmp_path)
    sys.meta_path[:] = finders
    for name in ("setup", "layers", "caffe"):  # should a test fail, the next one imports it again
        sys.modules.pop(name, None)


def name_of(case):
    return " ".join(map(str, case)) if isinstance(case, tuple) else None


def check(hostile, code, output):
    assert hostile.marks == ""
    for words in ("E000", "Traceback", "\x1b", "\a"):
        assert words not in output
    assert code in CODES, output


def test_every_verb_is_tried():
    assert set(app.list_commands(click.Context(app))) == COMMANDS.keys()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_nothing_is_executed(hostile, monkeypatch, sketches, case):
    monkeypatch.chdir(hostile.folder)
    monkeypatch.setenv("PATH", hostile.environment()["PATH"])
    monkeypatch.syspath_prepend(hostile.library)
    result = CliRunner().invoke(app, list(map(str, case)))
    check(hostile, result.exit_code, result.output)


# The current folder matters to a process, which Python starts: as the command, or with -m.
WAYS = {
    "mycaffe": ("-c", "import sys; del sys.path[0]; from mycaffe_py.cli import main; main()"),
    "-m": ("-m", "mycaffe_py"),
    "-mmycaffe_py": ("-mmycaffe_py",),
}


def run(hostile, *command):
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=hostile.folder,
        env=hostile.environment(),
        capture_output=True,
        text=True,
        errors="replace",
    )


@pytest.mark.slow
@pytest.mark.parametrize("way", ["mycaffe", "-m"])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_no_process_executes_anything(hostile, way, case):
    done = run(hostile, *WAYS[way], *case)
    check(hostile, done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize("way", WAYS)
def test_no_module_comes_from_the_current_folder(hostile, way):
    done = run(hostile, *WAYS[way], "check", M)
    check(hostile, done.returncode, done.stdout + done.stderr)
    assert "Python layer, not built" in done.stdout


def test_a_script_of_caffes_takes_its_modules_from_its_own_folder(hostile):
    script = hostile.base / "script.py"
    script.write_text("import caffe, sys\nprint(caffe.__name__, sys.path[0])\n")
    done = run(hostile, "-m", "mycaffe_py.as_caffe", script)
    assert (hostile.marks, done.stdout) == ("", f"mycaffe_py {hostile.base}\n"), done.stderr


@pytest.mark.slow
def test_a_run_in_a_hostile_folder_starts_no_program_of_it(hostile):
    trained = ("train", "--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt")
    small = ("--iterations", "2", "--set", "cfc1.cfc_param.hidden_size=4", "--device", "cpu")
    done = run(hostile, *WAYS["-m"], *trained, *small)
    check(hostile, done.returncode, done.stdout + done.stderr)
    assert done.returncode == 0


# What the marks are worth.


def test_what_is_allowed_leaves_a_mark(hostile):
    done = run(hostile, *WAYS["mycaffe"], "check", "--allow-python", M)
    assert "setup" in hostile.marks and done.returncode == 2


def test_a_module_that_is_imported_leaves_a_mark(hostile):
    run(hostile, "-c", "import numpy")
    assert "numpy" in hostile.marks


def test_a_pickle_that_is_read_leaves_a_mark(hostile):
    pickle.loads((hostile.folder / "weights.pt").read_bytes())
    assert "pickle" in hostile.marks
