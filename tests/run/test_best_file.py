"""The choice of the best weights belongs to a snapshot, also if a newer one was never finished."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mycaffe_py.run import snapshots
from mycaffe_py.run.best import BestWeights
from mycaffe_py.run.best_file import resume_best
from mycaffe_py.run.snapshots import SnapshotKeeper
from mycaffe_py.weights.caffemodel import digest


class Killed(BaseException):
    pass


@pytest.fixture
def keeper(train_small, tmp_path):
    solver = train_small().solver
    best = BestWeights(solver, "error", window=2)
    return SnapshotKeeper(solver, tmp_path, best, lambda written: None)


def go_on(keeper, iteration, value):
    """Let the solver reach an update at which the weights are better."""
    keeper.solver.iter = iteration
    keeper.solver.net.parameters.data[...] = iteration
    keeper.best.value, keeper.best.iteration = value, iteration
    keeper.best.weights = np.array(keeper.solver.net.parameters.data)


@pytest.mark.parametrize(
    "name", ["write_weights", "write_best_file", "save_snapshot", "forget_before"]
)
def test_killed_while_a_snapshot_is_written(keeper, tmp_path, monkeypatch, name):
    go_on(keeper, 3, 0.5)
    keeper.write()
    first = (tmp_path / "best.caffemodel").read_bytes()
    go_on(keeper, 7, 0.25)

    def kill(*given, **more):
        raise Killed

    monkeypatch.setattr(snapshots, name, kill)
    with pytest.raises(Killed):
        keeper.write()
    again = BestWeights(keeper.solver, "error", window=2)
    said = []
    assert resume_best(again, tmp_path, 3, said.append) == first and said == []
    assert (again.value, again.iteration) == (0.5, 3)
    if name == "forget_before":  # the second one is there
        again = BestWeights(keeper.solver, "error", window=2)
        data = resume_best(again, tmp_path, 7, said.append)
        assert (again.value, again.iteration) == (0.25, 7) and data != first


def test_better_weights_after_the_newest_snapshot(keeper, tmp_path):
    go_on(keeper, 3, 0.5)
    keeper.write()
    first = (tmp_path / "best.caffemodel").read_bytes()
    for iteration in (5, 6):
        go_on(keeper, iteration, 1 / iteration)
        keeper.write_best()
    again = BestWeights(keeper.solver, "error", window=2)
    assert resume_best(again, tmp_path, 3) == first and again.iteration == 3
    go_on(keeper, 8, 0.1)
    keeper.write()
    assert not (tmp_path / "best_before.caffemodel").exists()
    fields = json.loads((tmp_path / "best.json").read_text())
    assert fields["snapshot"] == 8 and fields["before"]["snapshot"] == 3
    assert fields["sha256"] == digest((tmp_path / "best.caffemodel").read_bytes())


def test_a_snapshot_is_written_though_the_best_weights_are_not(keeper, tmp_path, monkeypatch):
    go_on(keeper, 3, 0.5)

    def full(*given):
        raise snapshots.DivergedError("no")

    monkeypatch.setattr(snapshots, "write_weights", full)
    with pytest.raises(snapshots.DivergedError):
        keeper.write()
    assert keeper.latest.iteration == 3 and keeper.latest.state.is_file()
