"""Wrong values inside a state: a SnapshotError, and the solver is what it was before, to the bit."""

from __future__ import annotations

import random

import pytest

from mycaffe_py.errors import MyCaffeError, SnapshotError
from mycaffe_py.run.resume import find_state
from mycaffe_py.weights import restore, save_snapshot

from .conftest import ADAMW
from .damaging import flipped, wrong_texts
from .kinds_of_runs import KINDS, fingerprint


def states_of(kind, folder):
    """Return (training, its snapshot's path, the state's message)."""
    training = KINDS[kind](folder)
    training.solver.step(3)
    _, path = save_snapshot(training.solver, folder / "run")
    training.solver.step(1)
    message = training.registry.schema.parse_binary(path.read_bytes(), "SolverState")
    message.DiscardUnknownFields()
    return training, path, message


def damaged_states(message, rng, count):
    """Yield (what is damaged, the content of a state without a checksum)."""
    for index, entry in enumerate(message.entry):
        if not entry.HasField("json"):
            continue
        for place, text in wrong_texts(entry.json, rng, count):
            made = type(message)()
            made.CopyFrom(message)
            made.entry[index].json = text
            yield f"{entry.name} {place} {text[:60]}", made.SerializeToString()


def outcomes(kind, folder, rng, count, most=None):
    """Restore each damaged state, or ``most`` of them; return how many were refused and how many accepted."""
    training, path, message = states_of(kind, folder)
    solver, good = training.solver, path.read_bytes()
    before = fingerprint(solver)
    refused = accepted = 0
    states = list(damaged_states(message, rng, count))
    for what, data in states if most is None else rng.sample(states, most):
        path.write_bytes(data)
        try:
            restore(solver, path)
        except SnapshotError as error:
            assert str(path) in error.message, what
            assert fingerprint(solver) == before, what
            refused += 1
            continue
        accepted += 1
        try:
            solver.step(2)
        except MyCaffeError as error:
            assert error.code != "E000", what
        path.write_bytes(good)
        training = KINDS[kind](folder)
        solver = training.solver
        solver.step(3)
        solver.step(1)
        assert fingerprint(solver) == before
    return refused, accepted


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_value_is_refused_and_nothing_is_half_restored(tmp_path, kind):
    refused, accepted = outcomes(kind, tmp_path, random.Random(1), 1, 40)
    assert refused > accepted


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_value_at_every_place(tmp_path, kind):
    refused, accepted = outcomes(kind, tmp_path, random.Random(1), None)
    assert refused > 4 * accepted


def test_a_trainer_that_fails_half_way_is_put_back(tmp_path, make_solver, registry):
    solver = make_solver(ADAMW)
    solver.step(2)
    _, path = save_snapshot(solver, tmp_path / "run")
    message = registry.schema.parse_binary(path.read_bytes(), "SolverState")
    entry = next(entry for entry in message.entry if entry.name == "trainer")
    entry.json = entry.json.replace('"last"', '"lost"')  # read after the generator is restored
    message.ClearField("file_size")
    path.write_bytes(message.SerializeToString())
    solver.step(1)
    before = fingerprint(solver)
    with pytest.raises(SnapshotError, match="trainer FAKE cannot restore its state: KeyError"):
        restore(solver, path)
    assert fingerprint(solver) == before


def test_a_layer_that_fails_puts_the_trainer_back_too(tmp_path, make_solver, registry, monkeypatch):
    solver = make_solver(ADAMW)
    solver.step(2)
    _, path = save_snapshot(solver, tmp_path / "run")
    message = registry.schema.parse_binary(path.read_bytes(), "SolverState")
    message.entry.add(name="layers", json='{"train": {"fc1": 1}, "test": []}')
    message.ClearField("file_size")
    path.write_bytes(message.SerializeToString())
    solver.step(1)

    def fails(state):
        solver.param.max_iter = 99
        raise ZeroDivisionError("no")

    layer = solver.net.layers_by_name()["fc1"]
    monkeypatch.setattr(layer, "load_state", fails)
    before = fingerprint(solver)
    with pytest.raises(SnapshotError, match="a layer cannot restore its state: ZeroDivisionError"):
        restore(solver, path)
    assert fingerprint(solver) == before


def test_a_run_is_resumed_from_the_snapshot_before_a_damaged_one(tmp_path):
    """--resume of a run folder says which one is damaged and takes the one before it."""
    training = KINDS["reader"](tmp_path)
    solver, run = training.solver, tmp_path / "run"
    run.mkdir()
    for _ in range(2):
        solver.step(2)
        _, newest = save_snapshot(solver, run / "reader")
    newest.write_bytes(flipped(newest.read_bytes(), 400, 3))
    said = []
    found = find_state(
        str(run), tmp_path, "reader", use=lambda p: restore(solver, p), warn=said.append
    )
    assert found.state.name == "reader_iter_2.solverstate" and solver.iter == 2
    assert said == [
        f"skipped {newest}: is damaged: its content differs from what was written, by its checksum"
    ]
    with pytest.raises(SnapshotError, match="checksum") as caught:
        find_state(
            str(newest), tmp_path, "reader", use=lambda p: restore(solver, p), warn=said.append
        )
    assert f"--resume {run} " in caught.value.hint
