"""``restart_updates``: the next update is that of a new solver with the weights of now."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.weights import restore, save_snapshot

from ..solving import SGD, one, weight

TYPES = ["SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam", "AdamW"]
COURSE = (
    'base_lr: 0.1 lr_policy: "multistep" gamma: 0.5 stepvalue: 3 stepvalue: 5 '
    "warmup_iter: 2 warmup_start_lr: 0.01 "
)
MOMENTS = {"SGD": "momentum: 0.9", "Nesterov": "momentum: 0.9", "AdaDelta": "momentum: 0.9",
           "RMSProp": "rms_decay: 0.9", "Adam": "momentum: 0.9 momentum2: 0.99",
           "AdamW": "momentum: 0.9 momentum2: 0.99 adamw_decay: 0.01"}  # fmt: skip


def settings_of(kind):
    return f'type: "{kind}" {COURSE} {MOMENTS.get(kind, "")} '


def course(solver, updates):
    """Return weight and rate of each update."""
    found = []
    for _ in range(updates):
        solver.step(1)
        found.append((weight(solver).item(), solver.last_lr))
    return found


@pytest.mark.parametrize("kind", TYPES)
def test_the_updates_are_those_of_a_new_solver(kind):
    restarted = one(w=1, start=settings_of(kind))
    before = course(restarted, 4)
    restarted.restart_updates()
    assert (restarted.iter, restarted.began, restarted.updates_made) == (4, 4, 0)
    new = one(w=weight(restarted).item(), start=settings_of(kind))
    wanted = course(new, 7)
    assert course(restarted, 7) == wanted
    assert [rate for _, rate in wanted] == pytest.approx(
        [0.01, 0.055, 0.1, 0.05, 0.05, 0.025, 0.025]
    )
    assert [rate for _, rate in before] == [rate for _, rate in wanted[:4]]
    for mine, theirs in zip(restarted.history, new.history, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_all_solver_types_are_in_the_table(registry):
    bundled = {
        cls.type for cls in registry.solvers.classes() if cls.__module__.startswith("mycaffe_plugins.")
    }  # fmt: skip
    assert bundled == set(TYPES)


def test_without_it_moments_and_corrections_go_on():
    going_on = one(w=1, start=settings_of("Adam"))
    going_on.step(4)
    new = one(w=weight(going_on).item(), start=settings_of("Adam"))
    assert course(going_on, 3) != course(new, 3)


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
@pytest.mark.parametrize("kind", TYPES)
def test_resuming_after_it_is_exact(tmp_path, kind, form):
    settings = settings_of(kind) + f"snapshot_format: {form}"
    through, first = (one(w=1, start=settings) for _ in range(2))
    for solver in (through, first):
        solver.step(4)
        solver.restart_updates()
        solver.step(2)
    _, state = save_snapshot(first, tmp_path / "run")
    second = one(start=settings)
    restore(second, state)
    assert (second.iter, second.began, second.updates_made) == (6, 4, 2)
    assert course(second, 5) == course(through, 5)


def test_a_state_without_the_count_began_at_0(tmp_path, registry):
    solver = one(w=1)
    solver.step(2)
    _, state = save_snapshot(solver, tmp_path / "run")
    rewrite(registry, state, '"began":', '"earlier":')
    other = one()
    other.step(1)
    other.restart_updates()
    restore(other, state)
    assert (other.iter, other.began, other.updates_made) == (2, 0, 2)


@pytest.mark.parametrize("began", ["3", "-1", "true", '"x"', "1.5", "null"])
def test_a_count_that_cannot_be(tmp_path, registry, began):
    solver = one(w=1)
    solver.step(2)
    _, state = save_snapshot(solver, tmp_path / "run")
    rewrite(registry, state, '"began": 0', f'"began": {began}')
    with pytest.raises(SnapshotError, match="is damaged: its updates are counted from"):
        restore(one(), state)


def rewrite(registry, state, old, new):
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    (entry,) = (entry for entry in message.entry if entry.name == "solver")
    assert old in entry.json
    entry.json = entry.json.replace(old, new)
    state.write_bytes(message.SerializeToString())


def test_a_rate_that_was_set_does_not_outlast_it():
    solver = one(
        start=SGD.replace("fixed", "step"), settings="gamma: 0.5 stepsize: 2 warmup_iter: 2"
    )
    solver.lr = 0.3  # ends the warm-up
    solver.step(3)
    solver.restart_updates()
    assert solver.lr == 0
    assert [rate for _, rate in course(solver, 4)] == [0, 0.025, 0.05, 0.05]
    solver.lr = 0.2
    assert solver.lr == 0.2


def test_an_iteration_set_back_counts_from_0():
    solver = one(w=1, start=settings_of("Adam"))
    solver.step(3)
    solver.restart_updates()
    solver.iter = 0
    assert solver.updates_made == 0
    solver.step(2)
    assert solver.updates_made == 2


def test_tests_and_snapshots_keep_to_the_iteration():
    solver = one("snapshot: 3")
    taken = []
    solver.snapshot_action = lambda reason: taken.append(solver.iter)
    solver.step(2)
    solver.restart_updates()
    solver.step(4)
    assert taken == [3, 6]


def test_a_trainer_may_restart_before_an_update():
    class Restarting:
        type = "restarting"

        def prepare(self):
            if solver.iter == 3:
                solver.restart_updates()

        def collect(self):
            pass

        def metrics(self):
            return {}

        sample = metrics

    solver = one(w=1, start=settings_of("AdamW"))
    solver.trainer = Restarting()
    solver.step(3)
    new = one(w=weight(solver).item(), start=settings_of("AdamW"))
    assert course(solver, 4) == course(new, 4)
