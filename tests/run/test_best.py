from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from mycaffe_py.events import Log, StepDone
from mycaffe_py.run.best import WINDOW, BestWeights


@pytest.fixture
def solver():
    parameters = SimpleNamespace(data=np.zeros(3))
    param = SimpleNamespace(max_iter=100)
    net = SimpleNamespace(parameters=parameters, device=SimpleNamespace(xp=np))
    return SimpleNamespace(net=net, iter=0, param=param)


def feed(best, solver, values):
    for iteration, value in enumerate(values, 1):
        solver.net.parameters.data[...] = iteration
        best.listener(StepDone(iteration, {"error": value}, 0.1))


def test_the_smallest_mean_over_a_full_window_wins(solver):
    best = BestWeights(solver, "error", window=3)
    feed(best, solver, [0.0, 9.0, 9.0, 4.0, 4.0, 4.0, 1.0, 9.0, 9.0])
    assert best.iteration == 7 and best.value == pytest.approx(3.0)
    assert best.weights.tolist() == [7.0, 7.0, 7.0]
    assert best.summary == {
        "metric": "error",
        "value": pytest.approx(3.0),
        "window": 3,
        "iteration": 7,
    }


def test_nothing_is_chosen_before_the_window_is_full(solver):
    best = BestWeights(solver, "error", window=5)
    feed(best, solver, [1.0] * 4)
    assert best.summary is None
    best.listener(Log("x"))
    feed(best, solver, [1.0])
    assert best.summary is not None


def test_values_that_are_not_finite_start_the_window_anew(solver):
    best = BestWeights(solver, "error", window=2)
    feed(best, solver, [1.0, math.nan, 1.0, math.inf, 1.0])
    assert best.summary is None


def test_the_weights_are_a_copy(solver):
    best = BestWeights(solver, "error", window=1)
    feed(best, solver, [1.0, 2.0])
    assert best.weights.tolist() == [1.0, 1.0, 1.0]


def test_a_short_run_has_a_short_window_and_no_trainer_means_loss(solver):
    assert BestWeights.for_run(solver, None).window == 10
    assert BestWeights.for_run(solver, None).metric == "loss"
    solver.param.max_iter = 5
    assert BestWeights.for_run(solver, None).window == 1
    solver.iter, solver.param.max_iter = 90, 100  # resumed: the window is that of the whole run
    assert BestWeights.for_run(solver, None).window == 10
    solver.param.max_iter = 10**6
    trainer = SimpleNamespace(best_metric="mean_abs_error")
    assert BestWeights.for_run(solver, trainer).window == WINDOW
    assert BestWeights.for_run(solver, trainer).metric == "mean_abs_error"


def test_weights_that_the_update_spoilt_are_never_the_best(solver):
    best = BestWeights(solver, "error", window=1)
    best.listener(StepDone(1, {"error": 2.0}, 0.1))
    solver.net.parameters.data[1] = np.nan
    best.listener(StepDone(2, {"error": 1.0}, 0.1))
    assert best.iteration == 1 and np.isfinite(best.weights).all()
