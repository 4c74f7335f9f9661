"""The examples run: digits are made, LeNet learns them, and the trained net reads an image."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder in which LeNet has been trained as the example says, only for fewer updates."""
    folder = tmp_path_factory.mktemp("digits")
    run(folder, EXAMPLES / "digits" / "make_digits.py")
    settings = ["--iterations", 300, "--seed", 1, "--run-dir", "runs/LeNet/001"]
    run(folder, "-m", "mycaffe_py", "train", "--solver", "lenet.prototxt", *settings)
    return folder


def test_lenet_learns_the_digits(digits):
    record = json.loads((digits / "runs/LeNet/001/run.json").read_text())
    assert record["status"] == "done"
    assert record["best"]["metric"] == "test accuracy"
    assert record["best"]["value"] >= 0.95


def test_the_trained_net_reads_an_image(digits):
    text = (EXAMPLES / "digits" / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.S)[1]
    (digits / "use.py").write_text(code)
    label = (digits / "digits" / "test.txt").read_text().splitlines()[0].split()[1]
    assert run(digits, "use.py").stdout.strip() == label


def test_nothing_is_made_over_what_is_there(digits):
    script = EXAMPLES / "digits" / "make_digits.py"
    done = subprocess.run([sys.executable, script], cwd=digits, capture_output=True, text=True)
    assert done.returncode == 1 and "already exists" in done.stderr
