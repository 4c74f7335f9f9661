from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

SMALL = (
    "--solver",
    "adamw.prototxt",
    "--model",
    "LiquidNetCfc.prototxt",
    "--set",
    "cfc1.cfc_param.hidden_size=4",
    "--set",
    "cfc1.cfc_unit_param.backbone_units=4",
)


@pytest.fixture
def mycaffe(monkeypatch, tmp_path):
    """Run the command line in an empty folder; returns click's result."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def train(mycaffe):
    """Train the shipped net, made small."""

    def run(*arguments):
        return mycaffe("train", *SMALL, "--device", "cpu", *arguments)

    return run


@pytest.fixture
def start(tmp_path):
    """Start the command line as a process in an empty folder."""
    started = []

    def run(*arguments, **options):
        command = [sys.executable, "-c", "from mycaffe_py.cli import main; main()", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, cwd=tmp_path, **pipes | options)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def runs(tmp_path) -> Path:
    return tmp_path / "runs" / "LiquidNetCfc"
