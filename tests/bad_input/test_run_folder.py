"""Results that cannot be written, and runs that fail on the way: what is left is whole."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
import subprocess
import sys

import pytest

from mycaffe_py import Net

from .conftest import SOLVER, TRAIN, assert_explained, replaced

# kind: (arguments, words of the message); "taken" is a file, "full" a folder that is not empty
REFUSED = {
    "a file for the runs": ([], ["E250", "run folder runs/Small: runs is a file", "--run-dir"]),
    "run folder that is not empty": (
        *(["--run-dir", "full"],),
        ["run folder full is not empty", "never overwritten"],
    ),
    "file as run folder": (["--run-dir", "taken"], ["run folder taken is a file"]),
    "run folder below a file": (
        *(["--run-dir", "taken/a"],),
        ["E250", "cannot create the run folder taken/a: taken is a file"],
    ),
    "working folder as run folder": (["--run-dir", "."], ["run folder . is not empty"]),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_run_folder_that_cannot_be(bench, kind):
    arguments, words = REFUSED[kind]
    for name in ("runs", "taken", "full/precious"):
        bench.write(name, "kept")
    bench.refuses([*TRAIN, *arguments], 2, words)


def fill_disk(monkeypatch, after, is_counted=stat.S_ISREG):
    """Let the file system be full after so many atomic writes."""
    done = []

    def fsync(descriptor):
        if is_counted(os.fstat(descriptor).st_mode):
            done.append(descriptor)
            if len(done) > after:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_disk_that_is_full_from_the_start(bench, monkeypatch, after):
    fill_disk(monkeypatch, after)
    bench.refuses(TRAIN, 2, ["E250", "runs/Small/001/", "No space left on device"])


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("where", [[], ["--run-dir", "new/run"]], ids=["numbered", "named"])
def test_a_disk_on_which_no_folder_can_be_named(bench, monkeypatch, after, where):
    fill_disk(monkeypatch, after, stat.S_ISDIR)
    bench.refuses([*TRAIN, *where], 2, ["E250", "No space left on device"])


def test_an_empty_folder_of_the_users_stays(bench, monkeypatch):
    (bench.folder / "mine").mkdir()
    fill_disk(monkeypatch, 1)
    bench.refuses([*TRAIN, "--run-dir", "mine"], 2, ["E250", "No space left on device"])


def left_behind(folder):
    """What a failed run left: its record, and no file that is not whole."""
    names = [path.name for path in folder.iterdir()]
    assert not [name for name in names if name.endswith((".tmp", ".tempfile"))]
    for name in names:
        if name.endswith(".caffemodel"):
            Net(folder / "model.prototxt", weights=folder / name)
    return json.loads((folder / "run.json").read_text())


def test_a_disk_that_fills_during_the_run(bench, monkeypatch):
    fill_disk(monkeypatch, 4)
    bench.write("solver.prototxt", replaced(SOLVER, "max_iter: 4", "max_iter: 9 snapshot: 3"))
    result = bench.mycaffe(*TRAIN)
    assert result.exit_code == 2
    assert_explained(result.stderr, 2, ["No space left on device", "runs/Small/001/"])
    left_behind(bench.folder / "runs/Small/001")


@pytest.mark.posix
@pytest.mark.slow
def test_a_limit_on_the_size_of_files(bench):
    """As with a quota; the operating system refuses in the middle of a file."""
    # -B: or Python would leave cut bytecode, which it would take for whole from then on.
    command = [sys.executable, "-B", "-W", "error", "-c", "from mycaffe_py.cli import main; main()"]
    done = subprocess.run(
        [*command, *TRAIN, "-q"],
        cwd=bench.folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)),
    )
    assert done.returncode == 2, done.stderr
    assert_explained(done.stderr, 2, ["E250", ".solverstate", "File too large"])
    record = left_behind(bench.folder / "runs/Small/001")
    assert record["status"] == "failed" and "File too large" in record["message"]


def test_divergence_names_the_blob(bench):
    changes = ["--set", "solver.type=SGD", "--set", "solver.base_lr=1e30"]
    words = ["E500", "iteration", "the first bad blob is", "lower base_lr"]
    result = bench.mycaffe(*TRAIN, *changes, "--iterations", "300")
    assert result.exit_code == 5, result.output
    assert_explained(result.stderr, 5, [*words, 'of layer "', "run folder: runs/Small/001"])
    assert left_behind(bench.folder / "runs/Small/001")["status"] == "diverged"


def test_times_that_are_not_finite_name_the_blob(bench):
    curve = "solver.trainer.gym.curve_param."
    changes = ["--set", f"{curve}start=1e308", "--set", f"{curve}x_limit=0"]
    result = bench.mycaffe(*TRAIN, *changes, "--iterations", "3")
    words = [
        "E220",
        'layer "',
        'bottom "tt" (',
        "sample 0, step 0 is inf",
        "run folder: runs/Small/001",
    ]
    assert result.exit_code == 2, result.output
    assert_explained(result.stderr, 2, words)
    assert left_behind(bench.folder / "runs/Small/001")["status"] == "failed"


def test_a_run_after_a_failed_one_gets_a_folder_of_its_own(bench):
    bench.mycaffe(*TRAIN, "--set", "solver.type=SGD", "--set", "solver.base_lr=1e30")
    assert bench.trains().name == "002"
