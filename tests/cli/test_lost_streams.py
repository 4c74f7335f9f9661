"""Streams that are closed, full or read no more: the work is done, and the exit code says so."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mycaffe_py.cli.app import VERBS

from .conftest import MAIN, SMALL

NET = "LiquidNetCfc.prototxt"
GOOD = {
    "train": [*SMALL, "--device", "cpu", "--iterations", "4"],
    "test": ["--model", NET, "--solver", "adamw.prototxt", "--iterations", "2"],
    "check": [NET, "adamw.prototxt"],
    "predict": ["runs/none"],
    "runs": [],
    "stop": ["runs/none"],
    "new": ["layer", "Gate"],
    "convert-imageset": ["--backend", "none"],
    "compute-image-mean": ["none"],
    "extract-features": ["none"],
    "time": ["--model", NET, "--iterations", "1", "--device", "cpu"],
    "draw": [NET, "net.svg"],
    "explain": ["runs/none"],
    "upgrade-net": [NET, "new.prototxt"],
    "upgrade-solver": ["adamw.prototxt", "new.prototxt"],
    "doctor": [],
    "device-query": [],
    "plugins": [],
    "layers": ["CFC"],
    "solvers": ["--json"],
    "fillers": [],
    "gyms": ["Curve"],
    "trainers": [],
    "lr-policies": [],
    "observers": [],
    "--help": [],
    "--version": [],
}
LOST = {
    "no stdout": ">&-",
    "no stderr": "2>&-",
    "neither": ">&- 2>&-",
    "nothing": "<&- >&- 2>&-",
    "full stdout": ">/dev/full",
    "full stderr": "2>/dev/full",
    "no reader": "| true",
    "one line read": "2>&1 | head -1",
}


def run(folder, verb, arguments, redirection=""):
    """Run a verb by a shell, in a folder of its own; return its exit code and what came out."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}', "bash"]
        + [sys.executable, "-W", "error", "-c", MAIN, verb, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "E000" not in done.stderr and "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


def check_losses(tmp_path, verb):
    whole = run(tmp_path / "whole", verb, GOOD[verb])
    made = sorted(path.name for path in (tmp_path / "whole").rglob("*"))
    for number, (name, redirection) in enumerate(LOST.items()):
        folder = tmp_path / str(number)
        done = run(folder, verb, GOOD[verb], redirection)
        failed = name == "full stdout" and whole.stdout and not whole.returncode
        assert done.returncode == (2 if failed else whole.returncode), name
        assert ("error[E250]: cannot write to standard output" in done.stderr) == bool(failed)
        assert sorted(path.name for path in folder.rglob("*")) == made, name
    return whole


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.parametrize("verb", GOOD)
def test_every_verb_does_its_work(tmp_path, verb):
    check_losses(tmp_path, verb)


@pytest.mark.posix
def test_the_version_is_told(tmp_path):
    assert check_losses(tmp_path, "--version").returncode == 0


def test_every_verb_is_tried():
    assert VERBS.keys() == GOOD.keys() - {"--help", "--version"}


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.parametrize("name", ["nothing", "full stderr", "one line read"])
def test_a_training_goes_on(tmp_path, name):
    folder = tmp_path / "here"
    assert run(folder, "train", GOOD["train"], LOST[name]).returncode == 0
    record = json.loads((folder / "runs" / "LiquidNetCfc" / "001" / "run.json").read_text())
    assert (record["status"], record["iteration"]) == ("done", 4)


@pytest.mark.posix
@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_a_stream(tmp_path, redirection):
    code = (
        "import os, sys\n"
        "from mycaffe_py.cli.streams import safe_streams\n"
        "with safe_streams():\n"
        "    kept = open('kept', 'wb')\n"
        "    assert kept.fileno() > 2\n"
        "    os.write(1, b'from C'); os.write(2, b'from C')\n"
        "    print('from Python'); print('from Python', file=sys.stderr, flush=True)\n"
        "    assert sys.stdin.read() == ''\n"
        "assert all(os.get_inheritable(number) for number in range(3))\n"
    )
    line = f'"$0" -W error -c "$1" </dev/null {redirection}'
    subprocess.run(["bash", "-c", line, sys.executable, code], cwd=tmp_path, check=True)
    assert (tmp_path / "kept").read_bytes() == b""


@pytest.mark.posix
@pytest.mark.slow
def test_mistakes_are_found_though_nobody_reads_them(tmp_path):
    (tmp_path / "bad.prototxt").write_text("nam: 1")
    arguments = [NET, NET, NET, "bad.prototxt"]
    assert run(tmp_path, "check", arguments, "| true").returncode == 2
