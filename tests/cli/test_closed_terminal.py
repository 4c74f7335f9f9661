from __future__ import annotations

import fcntl
import json
import os
import pty
import subprocess
import sys
import termios

import pytest

from .conftest import MAIN, SMALL


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["xterm", "dumb"])
@pytest.mark.slow
def test_closing_the_terminal_takes_a_snapshot_and_the_run_goes_on(tmp_path, runs, kind):
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", MAIN, "train", *SMALL, "--device", "cpu"),
            *("--iterations", "900", "--set", "solver.display=20"),
        ],
        cwd=tmp_path,
        env=os.environ | {"TERM": kind},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        shown = b""
        while b"lr" not in shown.partition(b"solver AdamW")[2].partition(b"\n")[2]:
            shown += os.read(master, 4096)
        os.close(master)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    record = json.loads((runs / "001" / "run.json").read_text())
    assert record["status"] == "done" and record["iteration"] == 900
    assert [entry["reason"] for entry in record["snapshots"]] == ["request", "end"]
