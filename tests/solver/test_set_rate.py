"""``solver.lr = ...``: the rate from the next update on, from which the policy continues."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, SnapshotError
from mycaffe_py.weights import save_snapshot

from ..solving import SGD, one, record, weight

STEP = SGD.replace("fixed", "step")


def rates(solver, updates):
    found = []
    for _ in range(updates):
        solver.step(1)
        found.append(solver.last_lr)
    return found


def test_a_fixed_rate_is_the_new_one_and_the_update_uses_it():
    solver = one(w=1)
    solver.step(1)
    w = weight(solver).item()
    solver.lr = 0.01
    assert solver.lr == 0.01
    solver.step(1)
    assert solver.last_lr == 0.01
    assert weight(solver).item() == pytest.approx(w - 0.01 * 2 * (2 * w - 3), rel=1e-12)


def test_the_policy_continues_from_the_rate_that_was_set():
    solver = one("gamma: 0.5 stepsize: 2", start=STEP)
    assert rates(solver, 3) == [0.1, 0.1, 0.05]
    solver.lr = 0.03
    assert rates(solver, 4) == pytest.approx([0.03, 0.015, 0.015, 0.0075], rel=1e-15)
    solver.lr = 1
    assert solver.lr == 1.0


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), "0.1", None, [1, 2], 1j, True])
def test_what_is_no_rate(rate):
    solver = one()
    with pytest.raises(ConfigError, match="lr must be a finite number, at least 0, not"):
        solver.lr = rate
    assert solver.lr == 0.1


def test_a_policy_at_0_cannot_be_scaled():
    solver = one("max_iter: 2 power: 1", start=STEP.replace("step", "poly"))
    solver.step(2)
    with pytest.raises(ConfigError, match="the settings give the rate 0 at this iteration") as got:
        solver.lr = 0.1
    assert "solver.param.lr_policy" in got.value.hint
    solver.param.lr_policy = "fixed"  # as the hint says
    solver.lr = 0.2
    assert rates(solver, 2) == [0.2, 0.2]


@pytest.mark.parametrize("before", [0, 1, 3])
def test_it_ends_a_warm_up(before, tmp_path):
    settings = "warmup_iter: 4 gamma: 0.5 stepsize: 5"
    solver, other = one(settings, start=STEP), one(settings, start=STEP)
    solver.step(before)
    solver.lr = 0.03
    solver.step(1)
    _, state = save_snapshot(solver, tmp_path / "a")
    other.restore(state)
    for resumed in (solver, other):
        assert rates(resumed, 6 - before) == pytest.approx([0.03] * (4 - before) + [0.015] * 2)


def test_a_rate_that_cannot_be_set_leaves_the_warm_up():
    solver = one("warmup_iter: 4 max_iter: 9", start=SGD.replace("0.1", "0"))
    solver.param.base_lr = 0
    with pytest.raises(ConfigError, match="the rate 0"):
        solver.lr = 0.1
    assert not solver.schedule.warmup_ended


def test_a_snapshot_contains_it(tmp_path):
    whole, first, second = (
        one("gamma: 0.5 stepsize: 3 momentum: 0.9", w=1, start=STEP) for _ in range(3)
    )
    for solver in (whole, first):
        solver.step(2)
        solver.lr = 0.07
        solver.step(2)
    _, state = save_snapshot(first, tmp_path / "a")
    second.lr = 5
    second.restore(state)
    assert second.lr == whole.lr
    whole.step(3)
    second.step(3)
    assert weight(second).item() == weight(whole).item()


def test_a_snapshot_without_it_takes_it_back(tmp_path):
    _, state = save_snapshot(one(), tmp_path / "a")
    solver = one()
    solver.lr = 5
    solver.restore(state)
    assert solver.lr == 0.1


@pytest.mark.parametrize("stored", [3, [1], [1, 0], ["a", 1], [float("nan"), 1]])
def test_a_damaged_one_is_refused(tmp_path, monkeypatch, stored):
    solver = one()
    monkeypatch.setattr(solver.set_rate, "state", lambda: stored)
    _, state = save_snapshot(solver, tmp_path / "a")
    fresh = one(w=4)
    with pytest.raises(SnapshotError, match="is damaged: its learning rate is none"):
        fresh.restore(state)
    np.testing.assert_array_equal(weight(fresh), [[4]])


def test_events_have_it():
    solver = one()
    events = record(solver)
    solver.lr = 0.25
    solver.step(1)
    assert [event.learning_rate for event in events if hasattr(event, "learning_rate")] == [0.25]
