"""``mycaffe stop``, from another process than the run's."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from mycaffe_py.cli.actions import stop as action

from .conftest import SMALL


@pytest.fixture
def running(start, runs, tmp_path):
    """A long run in a process of its own, after its first updates."""
    process = start("train", *SMALL, "--device", "cpu", "--iterations", "10000000")
    metrics = runs / "001" / "metrics.csv"
    end = time.monotonic() + 60
    while not (metrics.exists() and metrics.stat().st_size > 2000):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.02)
    return process


def record_of(runs):
    return json.loads((runs / "001" / "run.json").read_text())


def test_stop_ends_a_run_with_a_snapshot(running, mycaffe, runs):
    snapshot = mycaffe("stop", "LiquidNetCfc/001", "--snapshot")
    assert snapshot.exit_code == 0, snapshot.output
    assert record_of(runs)["status"] == "running"
    assert "running; snapshot of update" in snapshot.stderr
    result = mycaffe("stop", runs / "001")
    assert result.exit_code == 0, result.output
    record = record_of(runs)
    assert record["status"] == "interrupted" and len(record["snapshots"]) == 2
    assert record["snapshots"][1]["iteration"] == record["iteration"]
    assert f"interrupted; snapshot of update {record['iteration']:,}" in result.stderr
    assert running.wait(60) == 130
    assert "asked by a file: stopping after this step with a snapshot" in running.stderr.read()
    again = mycaffe("stop", runs / "001")
    assert again.exit_code == 2 and "is not running: it is interrupted" in again.stderr


def test_a_killed_run_is_lost_and_can_be_resumed(running, mycaffe, train, runs):
    assert mycaffe("stop", runs / "001", "--snapshot").exit_code == 0
    at = record_of(runs)["snapshots"][0]["iteration"]
    running.kill()
    running.wait()
    assert "lost" in mycaffe("runs").stdout
    result = mycaffe("stop", runs / "001")
    assert result.exit_code == 2 and "This run's process is gone" in result.stderr
    resumed = train("--resume", "auto", "--iterations", at + 3)
    assert resumed.exit_code == 0, resumed.stderr
    found = json.loads(mycaffe("runs", runs / "002", "--json").stdout)[0]
    assert found["iteration"] == at + 3 and found["resumed_from"] == "LiquidNetCfc/001"


@pytest.mark.posix
def test_a_run_that_does_not_stop_in_time(running, mycaffe, runs, monkeypatch):
    monkeypatch.setattr(action, "WAIT_SECONDS", 0.2)
    os.kill(running.pid, signal.SIGSTOP)
    result = mycaffe("stop", runs / "001")
    assert result.exit_code == 2 and "has not stopped within 0.2 seconds" in result.stderr
    told = mycaffe("stop", runs / "001", "--no-wait")
    assert told.exit_code == 0 and "asked for a stop" in told.stderr
    os.kill(running.pid, signal.SIGCONT)
    assert running.wait(60) == 130


def test_what_cannot_be_stopped(train, mycaffe, tmp_path):
    result = mycaffe("stop", "Net/009")
    assert result.exit_code == 3 and "there is no run folder Net/009" in result.stderr
    result = mycaffe("stop", tmp_path)
    assert result.exit_code == 2 and "is not a run folder" in result.stderr
