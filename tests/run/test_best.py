from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from mycaffe_py.device.device import Device
from mycaffe_py.events import Log, StepDone, TestDone
from mycaffe_py.run.best import WINDOW, BestTested, BestWeights


@pytest.fixture
def solver():
    parameters = SimpleNamespace(data=np.zeros(3))
    param = SimpleNamespace(max_iter=100, test_interval=10)
    net = SimpleNamespace(parameters=parameters, device=Device())
    return SimpleNamespace(net=net, iter=0, param=param, test_nets=[])


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


def with_tests(solver, **outputs):
    """Give the solver a test net with outputs of these loss weights."""
    blobs = {name: SimpleNamespace(count=1) for name in outputs}
    net = SimpleNamespace(outputs=list(outputs), device_blobs=blobs, blob_loss_weights=outputs)
    net.device_layers = net.tops = []
    solver.test_nets = [net]
    return BestWeights.for_run(solver, None)


def feed_tests(best, solver, name, values):
    for iteration, value in enumerate(values):
        solver.net.parameters.data[...] = iteration
        best.listener(TestDone(10 * iteration, 0, {name: value}))
        best.listener(TestDone(10 * iteration, 1, {name: 100.0}))  # another test net


def test_a_run_with_tests_keeps_the_weights_of_the_highest_accuracy(solver):
    best = with_tests(solver, accuracy=0.0, loss=1.0)
    assert isinstance(best, BestTested)
    feed_tests(best, solver, "accuracy", [0.99, 0.5, 0.8, 0.7, math.nan, 0.8])
    assert (best.metric, best.value, best.iteration) == ("test accuracy", 0.8, 20)
    assert best.weights.tolist() == [2.0, 2.0, 2.0]


def test_without_an_accuracy_the_lowest_loss_counts(solver):
    best = with_tests(solver, error=0.0, loss=1.0)
    feed_tests(best, solver, "loss", [0.1, 0.5, 0.3, 0.4])
    assert (best.metric, best.value, best.iteration) == ("test loss", 0.3, 20)
    best.listener(StepDone(40, {"loss": 0.0}, 0.1))
    assert best.iteration == 20


def test_a_test_net_without_figures_leaves_the_choice_to_training(solver):
    assert not isinstance(with_tests(solver, features=0.0), BestTested)


def test_tests_that_never_come_leave_the_choice_to_training(solver):
    solver.param.test_interval = 101
    assert with_tests(solver, accuracy=0.0).metric == "loss"
    trainer = SimpleNamespace(best_metric="error", type="T")
    assert type(BestWeights.for_run(solver, trainer)) is BestWeights
