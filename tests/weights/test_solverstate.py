from __future__ import annotations

import os

import numpy as np
import pytest

from mycaffe_py.weights import (
    check_snapshot,
    restore,
    save_snapshot,
    snapshot_paths,
)
from mycaffe_py.weights.solverstate import history_arrays

from .conftest import ADAMW, MULTISTEP, SGD, bits

pytestmark = pytest.mark.usefixtures("no_leftovers")


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
    assert second.last_lr == first.last_lr and second.loss == first.loss
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

    assert set(weights.__all__) <= set(dir(weights))
    for name in weights.__all__:
        assert callable(getattr(weights, name)), name
    with pytest.raises(AttributeError, match="unheard_of"):
        _ = weights.unheard_of


def test_the_window_of_average_loss_goes_on_after_a_resume(tmp_path, make_solver):
    solver = make_solver(SGD + " average_loss: 3")
    solver.step(4)
    _, state = save_snapshot(solver, tmp_path / "net")
    window = solver.recent_losses
    other = make_solver(SGD + " average_loss: 3")
    restore(other, state)
    other.step(1)
    assert other.recent_losses == [*window[1:], other.loss]
    other.step(1)
    assert other.recent_losses == [other.loss]  # Caffe begins the window anew with each step()


def test_layers_with_a_state_of_their_own_go_on_exactly(tmp_path, make_solver, monkeypatch):
    """A layer's ``state`` is in the solver state, and comes back by the layer's name."""
    first, second = make_solver(SGD), make_solver(SGD)
    layer = first.net.layers[-1]
    monkeypatch.setattr(layer, "state", lambda: {"position": 7, "kept": np.arange(3)})
    taken = []
    monkeypatch.setattr(second.net.layer_dict[layer.name], "load_state", taken.append)
    first.step(2)
    _, state = save_snapshot(first, tmp_path / "run")
    restore(second, state)
    assert taken[0]["position"] == 7
    np.testing.assert_array_equal(taken[0]["kept"], [0, 1, 2])


def test_a_history_in_double_beyond_single_precision_becomes_infinite(
    tmp_path, make_solver, registry
):
    solver = make_solver()
    solver.step(1)
    _, path = save_snapshot(solver, tmp_path / "run")
    message = registry.schema.parse_binary(path.read_bytes(), "SolverState")
    values = list(message.history[0].data)
    message.history[0].ClearField("data")
    message.history[0].double_data.extend([1e300, *values[1:]])
    path.write_bytes(message.SerializeToString())
    other = make_solver(seed=2)
    restore(other, path)  # without a warning, which would be an error here
    first = next(history_arrays(other)).ravel()
    assert np.isinf(first[0]) and np.allclose(first[1:], values[1:])
