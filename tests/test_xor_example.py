"""Every solver of examples/xor trains its net and tests it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.builder.checking import check_files

FOLDER = Path(__file__).parents[1] / "examples" / "xor"
SOLVERS = sorted(path.name for path in FOLDER.glob("*_solver.prototxt"))
FEW = [
    "streams.bit_stream_param.streams=500",
    "streams.bit_stream_param.batch_size=10",
    "solver.test_iter=2",
]


def train(name, steps):
    training = build_training(solver=FOLDER / name, overrides=FEW, seed=1, device="cpu")
    solver = training.solver
    solver.step(steps)
    (net,) = solver.test_nets
    found = {name: net.forward()[name].item() for name in ("accuracy", "loss")}
    for each in (solver.net, net):
        each.close()
    return solver, found


def test_there_is_a_solver_for_each_model():
    models = {path.name for path in FOLDER.glob("*.prototxt")} - set(SOLVERS)
    assert {name.replace("_solver", "") for name in SOLVERS} == models


@pytest.mark.parametrize("name", SOLVERS)
def test_a_net_trains_and_is_tested(name):
    solver, found = train(name, 3)
    assert math.isfinite(solver.loss) and 0 < found["loss"] < 2
    assert math.isclose(10 * found["accuracy"], round(10 * found["accuracy"]), abs_tol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOLVERS)
def test_the_files_are_sound(name):
    assert check_files([FOLDER / name]) == []
