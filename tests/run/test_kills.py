"""The tool that kills trainings notices what it is for."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tools import kills

ROOT = Path(kills.__file__).parents[1]
WRONG = {
    "last.caffemodel differs": ("002/last.caffemodel", "other"),
    "best.caffemodel differs": ("002/best.caffemodel", "other"),
    "001 still says that it is running": ("001/run.json", '{"status": "running"}'),
    "001 still has": ("001/run.lock", "{}"),
    r"001 still has .*\.tmp": ("001/.best.json.0123456789abcdef.tmp", ""),
}


@pytest.fixture
def chain(tmp_path):
    """Two runs, the first of which was killed, and the reference."""
    made = kills.Chain(tmp_path / "chain", random.Random(0), 1.0)
    for run, status in (("001", "lost"), ("002", "done")):
        folder = made.folder / "runs" / "Small" / run
        folder.mkdir(parents=True)
        fields = {"status": status, "snapshots": [{"iteration": 10}]}
        (folder / "run.json").write_text(json.dumps(fields))
        for name in kills.COMPARED:
            (folder / name).write_text("same")
    return made


@pytest.mark.parametrize("message", [None, *WRONG])
def test_a_difference_is_a_fault(chain, message):
    runs = kills.runs(chain.folder)
    if message is None:
        kills.compare(chain, runs[1], runs[0])
        return
    name, content = WRONG[message]
    reference = chain.folder / "reference"
    runs[0].rename(reference)
    runs[0].mkdir()
    (runs[0] / "run.json").write_text('{"status": "lost"}')
    (runs[1].parent / name).write_text(content)
    with pytest.raises(kills.Fault, match=message):
        kills.compare(chain, runs[1], reference)


@pytest.mark.parametrize(
    ("state", "fault"), [("a_iter_10.s", False), ("a_iter_5.s", True), (None, True)]
)
def test_a_snapshot_that_is_not_continued_is_a_fault(chain, state, fault):
    before = kills.runs(chain.folder)[:1]
    run = kills.runs(chain.folder)[1]
    (run / "run.json").write_text(json.dumps({"resumed_from": state}))
    if fault:
        with pytest.raises(kills.Fault, match="there was a snapshot of 10"):
            chain._check_begin(before, 10)
    else:
        chain._check_begin(before, 10)


@pytest.mark.slow
def test_some_kills():
    done = subprocess.run(
        [sys.executable, "-m", "tools.kills", "--count", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("4 kills of ") and "nothing was lost" in done.stdout
