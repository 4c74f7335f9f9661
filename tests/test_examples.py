"""The examples run: digits are made, LeNet learns them, and the trained net reads an image.

All of them, with LeNet's own training, is a slow test; a few digits and two updates are not.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import h5py
import lmdb
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

DIGITS = Path(__file__).parents[1] / "examples" / "digits"
TRAIN = ["train", "--solver", "lenet.prototxt", "--seed", "1", "--run-dir", "runs/LeNet/001"]
BATCH = {"train": 16, "test": 4}


def reading_an_image():
    """Return the program that the example's page shows."""
    return re.search(r"```python\n(.*?)```", (DIGITS / "README.md").read_text(), re.S)[1]


# A few digits.


@pytest.fixture(scope="module")
def script():
    """make_digits.py as a module that makes a few digits."""
    spec = importlib.util.spec_from_file_location("make_digits", DIGITS / "make_digits.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    every, module.load_digits = module.load_digits(), lambda: every
    for name in ("images", "target"):
        every[name] = every[name][:40]
    module.PAIRS, module.BATCH = {"train": 20, "test": 10}, BATCH
    return module


@pytest.fixture(scope="module")
def few(script, tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        script.main()
    return folder


def records(path):
    with lmdb.open(str(path), readonly=True, lock=False) as store:
        return store.stat()["entries"]


def test_what_is_made(few):
    for part, count in {"train": 32, "test": 8}.items():
        assert len((few / "digits" / f"{part}.txt").read_text().splitlines()) == count
        assert records(few / f"digits_{part}_lmdb") == count
        with h5py.File(few / f"digits_rows_{part}.h5") as file:
            assert file["row"].shape == (8 * count, 8)
    assert [records(few / f"digits_pairs_{part}_lmdb") for part in BATCH] == [20, 10]


def test_a_net_learns_from_them_and_reads_an_image(few, monkeypatch):
    monkeypatch.chdir(few)
    short = ["--iterations", "2", "--device", "cpu", "-q"]
    settings = ("solver.test_iter=1", "solver.test_interval=1", "data.data_param.batch_size=4")
    changes = [word for setting in settings for word in ("--set", setting)]
    result = CliRunner().invoke(app, [*TRAIN, *short, *changes])
    assert result.exit_code == 0, result.stderr
    record = json.loads((few / "runs/LeNet/001/run.json").read_text())
    assert (record["status"], record["best"]["metric"]) == ("done", "test accuracy")
    with redirect_stdout(StringIO()) as printed:
        exec(compile(reading_an_image(), "use.py", "exec"), {})
    assert printed.getvalue().strip() in list("0123456789")


def test_nothing_is_made_over_what_is_there(script, few, monkeypatch):
    monkeypatch.chdir(few)
    before = sorted(few.rglob("*"))
    with pytest.raises(SystemExit, match="already exists"):
        script.main()
    assert sorted(few.rglob("*")) == before


# All of them.


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
    run(folder, DIGITS / "make_digits.py")
    run(folder, "-m", "mycaffe_py", *TRAIN, "--iterations", 300)
    return folder


@pytest.mark.slow
def test_lenet_learns_the_digits(digits):
    record = json.loads((digits / "runs/LeNet/001/run.json").read_text())
    assert record["status"] == "done"
    assert record["best"]["metric"] == "test accuracy"
    assert record["best"]["value"] >= 0.95


@pytest.mark.slow
def test_the_trained_net_reads_an_image(digits):
    (digits / "use.py").write_text(reading_an_image())
    label = (digits / "digits" / "test.txt").read_text().splitlines()[0].split()[1]
    assert run(digits, "use.py").stdout.strip() == label


@pytest.mark.slow
def test_the_script_makes_nothing_over_what_is_there(digits):
    script = DIGITS / "make_digits.py"
    done = subprocess.run([sys.executable, script], cwd=digits, capture_output=True, text=True)
    assert done.returncode == 1 and "already exists" in done.stderr
