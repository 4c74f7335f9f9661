"""A small net and its solver, and the files of a training with it, for the kinds that change such files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mycaffe_py.builder import build_training
from mycaffe_py.cli.app import app
from mycaffe_py.device import Device
from mycaffe_py.weights import save_snapshot
from tools.fuzz.running import captured

MODEL = """
name: "small"
layer { name: "data" type: "DummyData" top: "x" top: "target" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 } data_filler { type: "gaussian" } data_filler { type: "gaussian" } } }
layer { name: "bn" type: "BatchNorm" bottom: "x" top: "n" }
layer { name: "fc1" type: "InnerProduct" bottom: "n" top: "h" param { name: "w" }
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "h" top: "d" }
layer { name: "fc2" type: "InnerProduct" bottom: "d" top: "y"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "target" top: "loss" }
"""
SOLVER = 'type: "Adam" base_lr: 0.01 momentum: 0.9 momentum2: 0.99 lr_policy: "fixed" max_iter: 6 random_seed: 3 '
TRAIN = ("train", "--solver", "solver.prototxt", "--model", "net.prototxt", "--device", "cpu", "-q")


def snapshot(folder: Path, name: str, more: str = "") -> dict[str, bytes]:
    """Train for three updates, write a snapshot below ``folder``; return its files by name, and model and solver.

    ``more`` is added to the solver's settings: ``snapshot_format: HDF5``.
    """
    folder = folder / name
    folder.mkdir()
    (folder / "net.prototxt").write_text(MODEL)
    (folder / "solver.prototxt").write_text(SOLVER + more)
    training = build_training(
        solver=folder / "solver.prototxt", model=folder / "net.prototxt", device=Device(), seed=3
    )
    with np.errstate(all="ignore"):
        training.solver.step(3)
    save_snapshot(training.solver, folder / "s")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def command_files(folder: Path, words: Sequence[str], place: str = ".") -> dict[str, bytes]:
    """Run a command in ``folder``, unseen; return the files that are then in ``place``, a folder in it, by path."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        with captured():
            app.main(list(words), standalone_mode=False)
        paths = [path for path in sorted(Path(place).iterdir()) if path.is_file()]
        return {path.as_posix(): path.read_bytes() for path in paths}
    finally:
        os.chdir(before)


def only(files: dict[str, bytes], ending: str) -> str:
    """Return the name of the only file with that ending."""
    (name,) = (name for name in files if name.endswith(ending))
    return name
