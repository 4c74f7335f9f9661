"""The trainings that pictures show, as a reader would run them; those that are there already are not repeated."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def mycaffe(*words: str) -> None:
    """Run a command in the current folder; a failure ends the program."""
    subprocess.run([sys.executable, "-m", "mycaffe_py", *words], check=True)


def run_of(name: str, *words: str, files: tuple[str, ...] = ()) -> Path:
    """Return the run folder ``runs/NAME`` of ``mycaffe train WORDS``, with seed 1 on the CPU."""
    folder = Path("runs") / name
    if not folder.exists():
        for file in files:
            shutil.copy(EXAMPLES / file, Path(file).name)
        mycaffe("train", *words, "--seed", "1", "--device", "cpu", "-q", "--run-dir", str(folder))
    return folder


def tutorial(name: str = "tutorial", *more: str) -> Path:
    """Return the run of the tutorial's own line, or of one with more options."""
    files = ("--model", "LiquidNetCfc.prototxt", "--solver", "adamw.prototxt")
    return run_of(name, *files, *more)


def digits(solver: str) -> Path:
    """Return the run of a solver that reads the digits of examples/digits."""
    if not Path("digits").exists():
        subprocess.run([sys.executable, EXAMPLES / "digits" / "make_digits.py"], check=True)
    return run_of(solver, "--solver", f"{solver}.prototxt")
