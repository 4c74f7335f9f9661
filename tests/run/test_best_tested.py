"""A run with a gym and tests keeps the weights of its best test, also when it is resumed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.events import TestDone
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.weights import restore

SOLVER = (
    'type: "Adam" base_lr: 0.02 lr_policy: "fixed" momentum: 0.9 momentum2: 0.99 '
    "test_iter: 3 test_interval: 3 snapshot: 6 max_iter: {updates} "
    'trainer {{ type: "RNN.SUPER_SIMPLE" gym {{ {gym} }} }}'
)
GYMS = {
    "Curve": 'type: "Curve"',
    "Series": 'type: "Series" series_param { csv_file: "data.csv" window: 6 fit_model: true time_unit: 1 }',
}
SMALL = {
    "Curve": ("LiquidNetCfc", ("cfc1.cfc_param.hidden_size=4", "cfc1.cfc_unit_param.backbone_units=4")),
    "Series": ("SeriesStandardized", ("cfc.cfc_param.hidden_size=4", "cfc.cfc_unit_param.backbone_units=4")),
}  # fmt: skip


@pytest.fixture
def session(tmp_path, monkeypatch, registry):
    """Return a session of a gym's training for some updates, and the list of its tests of the first test net."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    (tmp_path / "data.csv").write_text(
        "t,a\n" + "".join(f"{t},{np.sin(t / 3):.4f}\n" for t in range(60))
    )

    def make(gym, updates, resume=None):
        model, overrides = SMALL[gym]
        text = SOLVER.format(updates=updates, gym=GYMS[gym])
        (tmp_path / "solver.prototxt").write_text(text)
        training = build_training(
            solver="solver.prototxt",
            model=f"{model}.prototxt",
            registry=registry,
            seed=3,
            overrides=overrides,
        )
        tests = []
        training.solver.listeners.append(
            lambda event: (
                tests.append((event.iteration, event.metrics["mean_abs_error"], weights(training)))
                if isinstance(event, TestDone) and not event.net_index
                else None
            )
        )
        if resume is not None:
            restore(training.solver, resume)
        made = TrainingSession(
            training,
            RunDirectory.create("runs", training.net.name),
            resumed_from=resume,
        )
        return made, tests

    return make


def weights(training):
    return training.net.parameters.data.copy()


def record_of(session):
    return json.loads((session.directory.path / "run.json").read_text())


@pytest.mark.parametrize("gym", SMALL)
def test_the_best_weights_are_those_of_the_best_test(session, gym):
    run, tests = session(gym, 15)
    run.run()
    assert [iteration for iteration, _, _ in tests] == [0, 3, 6, 9, 12, 15]
    at, error, kept = min(tests[1:], key=lambda test: test[1])
    found = record_of(run)["best"]
    assert found == {
        "metric": "test mean_abs_error",
        "value": pytest.approx(error),
        "window": 1,
        "iteration": at,
    }
    net = run.training.net
    net.copy_from(run.directory.path / "best.caffemodel")
    np.testing.assert_array_equal(net.parameters.data, kept)


@pytest.mark.parametrize("gym", SMALL)
def test_a_test_before_the_first_update_does_not_count(session, gym):
    """Updates of a huge rate make all later tests worse than the first."""
    run, tests = session(gym, 6)
    run.solver.lr = 30.0
    run.run()
    at, _, _ = min(tests, key=lambda test: test[1])
    assert at == 0
    assert record_of(run)["best"]["iteration"] == min(tests[1:], key=lambda test: test[1])[0]


@pytest.mark.parametrize("gym", SMALL)
def test_a_resumed_run_makes_the_choice_of_a_whole_one(session, gym):
    whole, all_tests = session(gym, 15)
    whole.run()
    first, before = session(gym, 6)
    first.run()
    last = first.directory.path / "last.solverstate"
    second, after = session(gym, 15, resume=last)
    second.run()
    # The test at 6, after the first run's last snapshot, belongs to both.
    assert [error for _, error, _ in before[:2] + after] == [error for _, error, _ in all_tests]
    assert record_of(second)["best"] == record_of(whole)["best"]
    best = [run.directory.path / "best.caffemodel" for run in (whole, second)]
    assert best[0].read_bytes() == best[1].read_bytes()
