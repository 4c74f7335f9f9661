"""RNN.SUPER_SIMPLE and MyCaffeTrainerDual: going on from a state, and tests beside training."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.events import Log, TestDone
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.seeding import generator_state, restore_generator

from .watching import DEGREE, gyms, spy

# Going on.


def copied(source, target):
    target.net.parameters.data[...] = source.net.parameters.data
    for mine, theirs in zip(target.solver.history, source.solver.history, strict=True):
        mine[...] = theirs
    target.solver.iter = source.solver.iter
    restore_generator(target.device.rng, generator_state(source.device.rng))
    target.trainer.load_state(copy.deepcopy(source.trainer.state()))


@pytest.mark.parametrize("stop_at", [0, 1, 5])
@pytest.mark.parametrize("type_name", ["RNN.SUPER_SIMPLE", "MyCaffeTrainerDual"])
def test_going_on_gives_the_same_bits(build, stop_at, type_name):
    settings = {"batch": 2, "dropout": 0.3, "curve": "curve: RANDOM random_start: true jitter: 0.5"}
    whole, first = build(**settings), build(**settings)
    second = build(type=type_name, **settings)
    whole.solver.step(9)
    first.solver.step(stop_at)
    copied(first, second)
    second.solver.step(9 - stop_at)
    assert second.net.parameters.data.tobytes() == whole.net.parameters.data.tobytes()
    assert second.trainer.metrics() == whole.trainer.metrics()
    assert second.trainer.sample() == whole.trainer.sample()


@pytest.mark.parametrize("type_name", ["RNN.SUPER_SIMPLE", "MyCaffeTrainerDual"])
def test_the_gyms_get_the_predictions_made_before_the_stop(build, type_name):
    first, second = build(batch=2), build(batch=2, type=type_name)
    first.solver.step(3)
    predictions = np.array(first.net.blobs["xhat"].data)
    copied(first, second)
    calls = [spy(gym) for gym in gyms(second)]
    second.solver.step(1)
    assert [len(of_gym) for of_gym in calls] == [1, 1]
    np.testing.assert_array_equal(np.reshape(calls, (2, 1)), predictions.reshape(2, 1))
    assert predictions[0] != predictions[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 2}, "accuracy_window or the batch has changed"),
        ({"trainer": "rnn_simple_param { accuracy_window: 7 }"}, "accuracy_window or the batch"),
        ({"curve": "history: 4"}, "history"),
    ],
)
def test_states_that_do_not_fit(build, settings, message):
    training = build()
    training.solver.step(5)
    with pytest.raises(SnapshotError) as caught:
        build(**settings).trainer.load_state(training.trainer.state())
    assert message in f"{caught.value.message} {caught.value.hint}"


def test_state_of_another_trainer(build):
    with pytest.raises(SnapshotError, match="trainer state: 'figures' is missing"):
        build().trainer.load_state({})


# Frozen tests.


def test_test_leaves_training_alone(build):
    settings = {"batch": 2, "curve": "curve: RANDOM"}
    training, other = build(**settings), build(**settings)
    net = Net(training.model, TEST, registry=training.registry, device=training.device)
    net.share_with(training.net)
    for one in (training, other):
        one.solver.step(3)
    calls = spy(gyms(training)[0])
    weights = training.net.parameters.data.copy()
    found = [training.trainer.test(net, 6) for _ in range(2)]
    assert calls == []
    assert np.array_equal(weights, training.net.parameters.data)
    assert found[0] == found[1]
    assert set(found[0]) == {
        "loss",
        "accuracy",
        "baseline_accuracy",
        "mean_abs_error",
        "baseline_mean_abs_error",
    }
    for one in (training, other):
        one.solver.step(3)
    assert training.net.parameters.data.tobytes() == other.net.parameters.data.tobytes()
    assert training.trainer.metrics() == other.trainer.metrics()


def test_test_figures_are_means_over_the_test(build):
    training = build(trainer="rnn_simple_param { accuracy_window: 2 }")
    net = Net(training.model, TEST, registry=training.registry, device=training.device)
    net.share_with(training.net)
    targets = [math.sin((3 + step) * DEGREE) for step in range(5)]
    outputs, losses = [], []
    net.after_forward(lambda index: index == 1 and outputs.append(net.blobs["xhat"].data.item()))
    net.after_forward(lambda index: index == 2 and losses.append(net.blobs["loss"].data.item()))
    found = training.trainer.test(net, 5)
    errors = np.abs(np.array(outputs) - targets)
    assert found["mean_abs_error"] == pytest.approx(errors.mean())
    assert found["loss"] == pytest.approx(np.mean(losses))


def test_test_nets_run_on_the_gym(build):
    training, events = build(solver="test_iter: 3 test_interval: 2"), []
    training.solver.listeners.append(events.append)
    training.solver.step(3)
    tests = [event for event in events if isinstance(event, TestDone)]
    assert [(event.iteration, event.net_index) for event in tests] == [(0, 0), (2, 0)]
    assert all(np.isfinite(event.metrics["mean_abs_error"]) for event in tests)


def test_a_test_cut_short_is_no_result(build):
    training, events = build(solver="test_iter: 3 test_interval: 2"), []
    solver = training.solver
    solver.listeners.append(events.append)
    solver.test_nets[0].before_forward(lambda index: solver.request("stop"))
    solver.step(1)
    assert events == [Log("Test interrupted.")] and solver.iter == 0
