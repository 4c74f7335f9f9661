"""States of Caffe, of other solvers and of other nets, and pairs that do not belong together."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from mycaffe_py.errors import MissingFileError, SnapshotError
from mycaffe_py.weights import (
    restore,
    save_snapshot,
    save_state,
    save_weights,
)

from .conftest import ADAMW, MODEL, SGD, bits, caffe_pair

pytestmark = pytest.mark.usefixtures("no_leftovers")


def test_a_state_of_caffe(tmp_path, make_solver, registry):
    solver = make_solver(ADAMW)
    solver.step(3)
    _, state = caffe_pair(solver, registry, tmp_path)
    for dtype in ("f4", "f8"):
        other = make_solver(ADAMW, seed=2, dtype=dtype)
        report = restore(other, state)
        assert other.iter == 3
        np.testing.assert_array_equal(other.net.parameters.data, solver.net.parameters.data)
        np.testing.assert_array_equal(other.history[1], solver.history[1])
        assert report.absent == [
            "random state (the file has none)",
            "trainer state (the file has none)",
        ]
        assert "not restored: random state" in str(report)


@pytest.mark.parametrize("how", ["as written", "same stem", "none"])
def test_where_the_weights_are_looked_for(tmp_path, monkeypatch, make_solver, registry, how):
    solver = make_solver()
    names = {"as written": "started/caffe_iter_0.caffemodel", "same stem": "gone/w", "none": ""}
    weights, state = caffe_pair(solver, registry, tmp_path, names[how])
    monkeypatch.chdir(tmp_path)
    if how == "as written":
        (tmp_path / "started").mkdir()
        (tmp_path / "elsewhere").mkdir()
        weights = weights.rename(tmp_path / "started" / weights.name)
        state = state.rename(tmp_path / "elsewhere" / state.name)
    assert restore(make_solver(), state).weights.resolve() == weights


def test_weights_in_another_folder_are_named_from_the_state(tmp_path, make_solver, registry):
    solver = make_solver()
    save_weights(solver.net, tmp_path / "weights" / "w.caffemodel")
    state = tmp_path / "states" / "s.solverstate"
    save_state(solver, state, tmp_path / "weights" / "w.caffemodel")
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    assert message.learned_net == "../weights/w.caffemodel"
    shutil.move(tmp_path / "weights", tmp_path / "moved" / "weights")
    shutil.move(tmp_path / "states", tmp_path / "moved" / "states")
    restore(make_solver(), tmp_path / "moved" / "states" / "s.solverstate")


def test_missing_weights(tmp_path, make_solver):
    weights, state = save_snapshot(make_solver(), tmp_path / "run")
    weights.unlink()
    with pytest.raises(MissingFileError) as raised:
        restore(make_solver(), state)
    assert str(weights) in str(raised.value) and str(state) in str(raised.value)


def test_a_mixed_up_pair_is_noticed(tmp_path, make_solver):
    solver = make_solver()
    weights, state = save_snapshot(solver, tmp_path / "run")
    solver.step(1)
    save_weights(solver.net, weights)
    other = make_solver(seed=2)
    before = bits(other)
    with pytest.raises(SnapshotError, match="not the weights file that was written with") as raised:
        restore(other, state)
    assert str(weights) in str(raised.value) and str(state) in str(raised.value)
    assert bits(other) == before


def test_a_copy_of_the_pair_under_another_name_is_found(tmp_path, make_solver):
    solver = make_solver()
    weights, state = save_snapshot(solver, tmp_path / "run")
    last = [shutil.copy(path, tmp_path / f"last{path.suffix}") for path in (weights, state)]
    solver.step(1)
    save_weights(solver.net, weights)  # the first name now stands for other weights
    assert restore(make_solver(), last[1]).weights == last[0]


def test_a_state_of_another_kind_of_solver(tmp_path, make_solver, registry):
    solver = make_solver(ADAMW)
    _, state = save_snapshot(solver, tmp_path / "run")
    with pytest.raises(SnapshotError, match="of type AdamW; this solver is of type SGD"):
        restore(make_solver(SGD), state)
    _, state = caffe_pair(solver, registry, tmp_path)
    with pytest.raises(SnapshotError, match="12 history blobs; solver SGD needs 6"):
        restore(make_solver(SGD), state)


def test_a_state_of_another_precision(tmp_path, make_solver):
    _, state = save_snapshot(make_solver(dtype="f8"), tmp_path / "run")
    with pytest.raises(SnapshotError, match="float64; this net is in float32.*--dtype float64"):
        restore(make_solver(), state)


def test_a_state_of_another_net(tmp_path, make_solver):
    _, state = save_snapshot(make_solver(), tmp_path / "run")
    other = make_solver(model=MODEL.replace("num_output: 5", "num_output: 6"))
    with pytest.raises(SnapshotError) as raised:
        restore(other, state)
    assert 'history 0, of layer "fc1" blob "' in str(raised.value)
    assert "(5, 3) in the file and (6, 3) in the net" in str(raised.value)
    renamed = make_solver(model=MODEL.replace('"fc3"', '"fc4"'))
    with pytest.raises(SnapshotError, match='has no values for layer "fc4"'):
        restore(renamed, state)


def test_a_state_of_another_trainer(tmp_path, make_solver):
    solver = make_solver()
    _, state = save_snapshot(solver, tmp_path / "run")
    other = make_solver()
    type(other.trainer).type, kept = "OTHER", type(other.trainer).type
    try:
        with pytest.raises(
            SnapshotError, match="belongs to trainer FAKE; this solver has trainer OTHER"
        ):
            restore(other, state)
    finally:
        type(other.trainer).type = kept
    report = restore(make_solver(trainer=False), state)
    assert report.absent == ["state of trainer FAKE (this solver has no trainer)"]


def test_the_trainer_goes_on_with_the_seed_of_the_state(tmp_path, make_solver):
    solver = make_solver(seed=5)
    _, state = save_snapshot(solver, tmp_path / "run")
    other = make_solver(seed=2)
    other.trainer.seed = 2
    restore(other, state)
    assert other.trainer.seed == 5 == solver.net.device.seed


def test_a_trainer_that_cannot_take_its_state_back(tmp_path, make_solver, monkeypatch):
    _, state = save_snapshot(make_solver(), tmp_path / "run")
    other = make_solver(seed=2)
    before = bits(other)
    monkeypatch.setattr(other.trainer, "load_state", lambda state: state["unknown"])
    with pytest.raises(SnapshotError, match="trainer FAKE cannot restore its state: KeyError"):
        restore(other, state)
    assert bits(other) == before and other.iter == 0
