from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, MissingFileError, SnapshotError
from mycaffe_py.weights import (
    check_snapshot,
    restore,
    save_snapshot,
    save_state,
    save_weights,
    snapshot_paths,
)

from .conftest import ADAMW, MODEL, MULTISTEP, SGD

pytestmark = pytest.mark.usefixtures("no_leftovers")


def bits(solver):
    return [part.tobytes() for part in (solver.net.parameters.data, *solver.history)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("settings", [SGD, ADAMW, MULTISTEP])
def test_going_on_gives_the_bits_of_never_having_stopped(tmp_path, make_solver, settings, dtype):
    through, first = make_solver(settings, dtype=dtype), make_solver(settings, dtype=dtype)
    through.step(11)
    first.step(5)
    _, state = save_snapshot(first, tmp_path / "run")
    second = make_solver(settings, seed=99, dtype=dtype)
    report = restore(second, state)
    assert bits(second) == bits(first)
    assert (second.iter, second.current_step) == (5, first.current_step)
    assert second.rate == first.rate and second.loss == first.loss
    second.step(6)
    assert bits(second) == bits(through)
    assert second.loss == through.loss
    np.testing.assert_array_equal(second.trainer.seen, through.trainer.seen)
    assert second.trainer.seen.dtype == np.int64 and np.isnan(second.trainer.last).all()
    assert (second.trainer.waiting.dtype, second.trainer.waiting.shape) == (np.float64, (0, 3))
    assert report.absent == [] and report.iteration == 5
    assert str(report) == f"iteration 5, weights from {tmp_path / 'run_iter_5.caffemodel'}"


def test_taking_a_snapshot_changes_nothing(tmp_path, make_solver):
    through, other = make_solver(ADAMW), make_solver(ADAMW)
    through.step(6)
    for _ in range(3):
        other.step(2)
        save_snapshot(other, tmp_path / "run")
    assert bits(through) == bits(other)


def test_the_steps_done_are_kept(tmp_path, make_solver):
    solver = make_solver(MULTISTEP)
    solver.step(9)
    assert solver.current_step == 2
    _, state = save_snapshot(solver, tmp_path / "run")
    other = make_solver(MULTISTEP)
    restore(other, state)
    assert other.current_step == 2 and other.lr == 0.05 * 0.5**2


def test_the_window_of_losses_is_kept(tmp_path, make_solver):
    solver = make_solver(SGD + " average_loss: 3")
    solver.step(5)
    _, state = save_snapshot(solver, tmp_path / "run")
    other = make_solver(SGD + " average_loss: 3")
    restore(other, state)
    assert other.smoothed_loss == solver.smoothed_loss


def test_names_and_content_of_the_files(tmp_path, make_solver, registry):
    assert snapshot_paths("a/b.c", 7)[1].as_posix() == "a/b.c_iter_7.solverstate"
    solver = make_solver(ADAMW)
    solver.step(2)
    weights, state = save_snapshot(solver, tmp_path / "deep" / "run")
    assert sorted(os.listdir(tmp_path / "deep")) == [weights.name, state.name]
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    assert (message.iter, message.current_step, message.learned_net) == (2, 0, weights.name)
    blobs = solver.net.learnable_params
    shapes = [tuple(stored.shape.dim) for stored in message.history]
    assert shapes == [blob.shape for blob in blobs] * 2
    first = solver.net.parameters.slice_of(solver.net.parameters.owners[0])
    for slot in (0, 1):
        stored = np.array(message.history[slot * len(blobs)].data, dtype=np.float32)
        np.testing.assert_array_equal(stored, solver.history[slot][first])
    assert {entry.name for entry in message.entry if entry.HasField("json")} == {
        "solver",
        "random",
        "weights",
        "trainer",
    }


@pytest.mark.parametrize("wanted", [True, False])
def test_snapshot_diff(tmp_path, make_solver, registry, wanted):
    solver = make_solver(SGD + f" snapshot_diff: {str(wanted).lower()}")
    solver.step(1)
    weights, _ = save_snapshot(solver, tmp_path / "run")
    message = registry.schema.parse_binary(weights.read_bytes(), "NetParameter")
    assert any(blob.diff for layer in message.layer for blob in layer.blobs) == wanted


def test_hdf5_is_refused_before_anything_is_written(tmp_path, make_solver):
    solver = make_solver(SGD + " snapshot_format: HDF5")
    with pytest.raises(ConfigError, match="HDF5 is not written by this version"):
        save_snapshot(solver, tmp_path / "run")
    with pytest.raises(ConfigError, match="HDF5"):
        save_state(solver, tmp_path / "s", "w")
    assert os.listdir(tmp_path) == []


# States that Caffe wrote, or that lack something.


def caffe_pair(solver, registry, folder, learned_net=None):
    """Write what Caffe itself would write: no size in front, no entries."""
    weights, state = save_snapshot(solver, folder / "caffe")
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    del message.entry[:]
    message.learned_net = weights.name if learned_net is None else learned_net
    message.DiscardUnknownFields()
    state.write_bytes(message.SerializeToString())
    weights.write_bytes(weights.read_bytes()[10:])
    return weights, state


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


# States that do not fit.


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
    with pytest.raises(SnapshotError, match='has nothing for layer "fc4"'):
        restore(renamed, state)


def test_a_state_of_another_trainer(tmp_path, make_solver):
    solver = make_solver()
    _, state = save_snapshot(solver, tmp_path / "run")
    other = make_solver()
    type(other.trainer).type, kept = "OTHER", type(other.trainer).type
    try:
        with pytest.raises(
            SnapshotError, match="is of trainer FAKE; this solver has trainer OTHER"
        ):
            restore(other, state)
    finally:
        type(other.trainer).type = kept
    report = restore(make_solver(trainer=False), state)
    assert report.absent == ["state of trainer FAKE (this solver has no trainer)"]


def test_a_trainer_that_cannot_take_its_state_back(tmp_path, make_solver, monkeypatch):
    _, state = save_snapshot(make_solver(), tmp_path / "run")
    other = make_solver(seed=2)
    before = bits(other)
    monkeypatch.setattr(other.trainer, "load_state", lambda state: state["unknown"])
    with pytest.raises(SnapshotError, match="trainer FAKE cannot take its state back: KeyError"):
        restore(other, state)
    assert bits(other) == before and other.iter == 0


def test_checking_changes_nothing(tmp_path, make_solver):
    solver = make_solver()
    solver.step(2)
    _, state = save_snapshot(solver, tmp_path / "run")
    other = make_solver(seed=2)
    before = bits(other)
    check_snapshot(other, state)
    assert bits(other) == before and other.iter == 0


def test_the_public_names():
    import mycaffe_py.weights as weights

    for name in dir(weights):
        assert callable(getattr(weights, name)), name
    with pytest.raises(AttributeError, match="unheard_of"):
        _ = weights.unheard_of
