"""Loops of a program's own: apply_update() is the last part of a step, and counts it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.events.events import Log, SnapshotWritten
from mycaffe_py.plugins import default_registry

from ..building import data, layer, make_net, product
from ..solving import make_solver, one, record, weight

NET = (
    data((4, 3), (4, 2))
    + product("a", "x0", "h", 5, "param { lr_mult: 2 } param { decay_mult: 0 }")
    + layer("tanh", "TanH", "h", "h")
    + product("b", "h", "y", 2)
    + layer("loss", "EuclideanLoss", "y x1", "loss")
)
FIXED = 'lr_policy: "fixed" base_lr: 0.01 '
MOMENTA = {"SGD", "Nesterov", "Adam", "AdamW"}


def made(settings):
    solver = make_solver(settings, net=make_net(NET), start="")
    rng = np.random.default_rng(5)
    for name in ("x0", "x1"):
        solver.net.blobs[name].data[...] = rng.standard_normal(solver.net.blobs[name].shape)
    return solver


def by_hand(solver, updates):
    """A loop as in scripts for Caffe, which has the gradients of ``iter_size`` passes added."""
    for _ in range(updates):
        solver.net.clear_param_diffs()
        for _ in range(solver.param.iter_size):
            solver.net.forward()
            solver.net.backward()
        solver.apply_update()


def same(one, other):
    np.testing.assert_array_equal(one.net.parameters.data, other.net.parameters.data)
    for ours, theirs in zip(one.history, other.history, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (one.iter, one.lr, one.last_lr) == (other.iter, other.lr, other.last_lr)
    assert one.current_step == other.current_step and one.updates_made == other.updates_made


@pytest.mark.parametrize("name", sorted(default_registry().solvers.types()))
def test_every_solver_counts_as_step_does(name):
    settings = f'type: "{name}" {FIXED} weight_decay: 0.01 ' + (
        "momentum: 0.9" if name in MOMENTA else ""
    )
    hand, stepped = made(settings), made(settings)
    by_hand(hand, 7)
    stepped.step(7)
    same(hand, stepped)


@pytest.mark.parametrize(
    "settings",
    [
        'lr_policy: "exp" base_lr: 0.1 gamma: 0.5',
        'lr_policy: "inv" base_lr: 0.1 gamma: 0.5 power: 0.75',
        'lr_policy: "step" base_lr: 0.1 gamma: 0.5 stepsize: 2',
        'lr_policy: "multistep" base_lr: 0.1 gamma: 0.5 stepvalue: 2 stepvalue: 3',
        'lr_policy: "poly" base_lr: 0.1 power: 1 max_iter: 9',
        'lr_policy: "sigmoid" base_lr: 0.1 gamma: 1 stepsize: 3',
        f"{FIXED} warmup_iter: 4 warmup_start_lr: 0.001",
        f"{FIXED} iter_size: 3 clip_gradients: 0.5",
        f'{FIXED} regularization_type: "L1" weight_decay: 0.1',
    ],
)
def test_rates_warm_up_and_added_passes(settings):
    settings = f'type: "Adam" momentum: 0.9 {settings}'
    hand, stepped, mixed = made(settings), made(settings), made(settings)
    by_hand(hand, 6)
    stepped.step(6)
    by_hand(mixed, 2)
    mixed.step(3)
    by_hand(mixed, 1)
    same(hand, stepped)
    same(mixed, stepped)


def test_a_rate_that_was_set_and_a_restart():
    settings = 'type: "Adam" lr_policy: "exp" base_lr: 0.1 gamma: 0.5'
    hand, stepped = made(settings), made(settings)
    by_hand(hand, 2)
    stepped.step(2)
    for solver in (hand, stepped):
        solver.lr = 0.5
    by_hand(hand, 2)
    stepped.step(2)
    same(hand, stepped)
    for solver in (hand, stepped):
        solver.restart_updates()
    assert (hand.updates_made, hand.iter) == (0, 4)
    by_hand(hand, 1)
    stepped.step(1)
    same(hand, stepped)


def test_gradients_add_up_until_they_are_cleared():
    """Caffe's ApplyUpdate leaves in the diffs what it subtracted, and clears nothing."""
    solver = one(w=0)
    solver.net.forward()
    solver.net.backward()
    solver.apply_update()  # 0.1 * 2 * (0 - 3) = -0.6 remains in the diff
    assert weight(solver).item() == pytest.approx(0.6)
    solver.net.forward()
    solver.net.backward()
    solver.apply_update()
    assert weight(solver).item() == pytest.approx(0.6 - 0.1 * (-0.6 + 2 * (2 * 0.6 - 3)))
    solver.net.clear_param_diffs()
    before = weight(solver).item()
    solver.apply_update()
    assert weight(solver).item() == before and solver.iter == 3


def test_snapshots_are_named_by_the_updates_and_continue(tmp_path):
    settings = f'type: "Adam" {FIXED} snapshot_prefix: "{(tmp_path / "w").as_posix()}"'
    solver = made(settings)
    events = record(solver)
    by_hand(solver, 12)
    solver.snapshot()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "w_iter_12.caffemodel",
        "w_iter_12.solverstate",
    ]
    assert [event.iteration for event in events if isinstance(event, SnapshotWritten)] == [12]
    other = made(settings)
    other.restore(tmp_path / "w_iter_12.solverstate")
    by_hand(other, 2)
    by_hand(solver, 2)
    assert other.iter == 14
    # The weights in the file are float32.
    np.testing.assert_allclose(
        other.net.parameters.data, solver.net.parameters.data, rtol=1e-5, atol=1e-6
    )


def test_display_logs_the_rate_as_caffe_does():
    solver = one('lr_policy: "exp" gamma: 0.5 display: 2', start='type: "SGD" base_lr: 0.1 ')
    events = record(solver)
    by_hand(solver, 4)
    texts = [event.text for event in events if isinstance(event, Log)]
    assert texts == ["Iteration 0, lr = 0.1", "Iteration 2, lr = 0.025"]
    events.clear()
    solver.step(1)  # a step tells of its rate in its own event
    assert not [event for event in events if isinstance(event, Log)]
    assert [event.iteration for event in events] == [5]


def test_what_is_left_to_the_loop(tmp_path):
    prefix = (tmp_path / "w").as_posix()
    solver = one(f'snapshot: 1 snapshot_prefix: "{prefix}" display: 1')
    calls = []
    solver.add_callback(lambda: calls.append("start"), lambda: calls.append("ready"))
    history = solver.record()
    by_hand(solver, 3)
    assert calls == [] and list(tmp_path.iterdir()) == [] and len(history) == 0
    assert math.isnan(solver.loss) and "loss" not in repr(solver)
    assert "iteration 3" in repr(solver)
    solver.step(1)
    assert calls == ["start", "ready"] and len(history) == 1 and "loss" in repr(solver)


def test_an_update_that_fails_is_not_counted(monkeypatch):
    solver = one(w=1)
    solver.net.forward()
    solver.net.backward()
    monkeypatch.setattr(solver, "compute_update", lambda group, rate: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        solver.apply_update()
    assert solver.iter == 0 and solver.in_update


def test_a_solver_with_an_apply_update_that_does_not_count():
    solver = one(w=1)
    solver.apply_update = lambda: None
    solver.step(3)
    assert solver.iter == 3
