"""The best weights of a run with a trainer and test nets: those of the trainer's best test."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from mycaffe_py.device.device import Device
from mycaffe_py.errors import ConfigError
from mycaffe_py.events import StepDone, TestDone
from mycaffe_py.run.best import BestWeights
from mycaffe_py.run.best_file import resume_best, write_best_file
from mycaffe_py.weights.caffemodel import digest


def make(outputs=("loss",), best_metric="error", max_iter=40):
    """Return what chooses, with a test net that has these outputs; loss alone has a loss weight."""
    blobs = {name: SimpleNamespace(count=1) for name in outputs}
    weights = {name: float(name == "loss") for name in outputs}
    test_net = SimpleNamespace(outputs=list(outputs), device_blobs=blobs, blob_loss_weights=weights)
    test_net.device_layers = test_net.tops = []
    net = SimpleNamespace(parameters=SimpleNamespace(data=np.zeros(3)), device=Device())
    param = SimpleNamespace(max_iter=max_iter, test_interval=10)
    solver = SimpleNamespace(net=net, param=param, test_nets=[test_net])
    return BestWeights.for_run(solver, SimpleNamespace(best_metric=best_metric, type="T"))


def update(best, iteration, **metrics):
    best._net.parameters.data[...] = iteration
    best.listener(StepDone(iteration, {"loss": 1.0, **metrics}, 0.1))


def run_test(best, iteration, index=0, **metrics):
    best._net.parameters.data[...] = iteration
    best.listener(TestDone(iteration, index, metrics))


def choice(best):
    return best.metric, best.value, best.iteration


def test_the_smallest_best_metric_of_a_test_wins():
    best = make()
    run_test(best, 0, error=0.0)  # before the first update
    update(best, 1, error=0.1)
    for iteration, error in ((10, 5.0), (20, 3.0), (30, 4.0)):
        run_test(best, iteration, error=error)
        run_test(best, iteration, index=1, error=0.5)  # of another test net
    run_test(best, 40, error=float("nan"))
    assert choice(best) == ("test error", 3.0, 20)
    assert best.weights.tolist() == [20.0] * 3
    assert best.summary == {"metric": "test error", "value": 3.0, "window": 1, "iteration": 20}


def test_nothing_is_chosen_before_the_first_test_that_counts():
    best = make()
    run_test(best, 0, error=0.0)
    for iteration in range(1, 10):
        update(best, iteration, error=0.1)
    assert best.summary is None


def test_a_best_metric_is_smaller_is_better_whatever_its_name():
    best = make(best_metric="accuracy", outputs=())
    run_test(best, 10, accuracy=0.5)
    run_test(best, 20, accuracy=0.9)
    assert choice(best) == ("test accuracy", 0.5, 10)


@pytest.mark.parametrize(
    ("outputs", "metrics", "wanted"),
    [
        (("loss",), [{"loss": 2.0}, {"loss": 1.0}, {"loss": 3.0}], ("test loss", 1.0, 20)),
        (("accuracy", "loss"), [{"accuracy": 0.2, "loss": 1.0}, {"accuracy": 0.4, "loss": 2.0}],
         ("test accuracy", 0.4, 20)),
        # The trainer has a metric of this name, which is why the output is called otherwise.
        (("accuracy",), [{"accuracy": 0.9, "accuracy_output": 0.1}, {"accuracy": 0.1, "accuracy_output": 0.3}],
         ("test accuracy", 0.3, 20)),
    ],
)  # fmt: skip
def test_tests_without_it_are_compared_by_an_output(outputs, metrics, wanted):
    best = make(outputs)
    update(best, 1, error=0.1)
    for index, found in enumerate(metrics, 1):
        run_test(best, 10 * index, **found)
    assert choice(best) == wanted


def test_tests_without_any_of_them_leave_the_choice_to_the_updates():
    best = make(outputs=())
    run_test(best, 0, other=1.0)
    for iteration, error in enumerate([4.0, 3.0, 2.0, 1.0, 9.0, 9.0, 9.0], 1):
        update(best, iteration, error=error)
    run_test(best, 10, other=0.0)
    assert choice(best) == ("error", 2.5, 4)  # the mean of four, a tenth of the run
    assert best.summary["window"] == 4


@pytest.mark.parametrize("first", ["test", "update"])
def test_a_metric_of_neither_tests_nor_updates_is_refused(first):
    best = make(best_metric="eror")
    steps = [lambda: run_test(best, 0, loss=1.0, error=1.0), lambda: update(best, 1, error=1.0)]
    if first == "update":
        steps.reverse()
    steps[0]()
    with pytest.raises(ConfigError, match='trainer T: best_metric is "eror".*"error"'):
        steps[1]()


@pytest.mark.parametrize("first", ["test", "update"])
def test_a_metric_of_tests_alone(first):
    best = make()
    if first == "test":
        run_test(best, 0, error=1.0)
    update(best, 1)
    run_test(best, 10, error=2.0)
    assert choice(best) == ("test error", 2.0, 10)


# Resuming.


@pytest.mark.parametrize(
    ("outputs", "names", "metric"),
    [
        (("loss",), ("error",), "test error"),
        (("accuracy", "loss"), ("accuracy", "loss"), "test accuracy"),
        ((), ("other",), "error"),
    ],
)
def test_a_resumed_choice_goes_on_as_if_it_had_never_stopped(tmp_path, outputs, names, metric):
    errors = [5.0, 4.0, 6.0, 3.0]

    def tests(best, iteration, value):
        run_test(best, iteration, **dict.fromkeys(names, value))
        for step in range(1, 10):
            update(best, iteration + step, error=value)

    through, first, second = (make(outputs) for _ in range(3))
    for index, value in enumerate(errors):
        tests(through, 10 * index, value)
        if index < 2:
            tests(first, 10 * index, value)
    (tmp_path / "best.caffemodel").write_bytes(b"weights")
    write_best_file(tmp_path, first, 19, digest(b"weights"))
    assert json.loads((tmp_path / "best.json").read_text())["metric"] == metric
    assert resume_best(second, tmp_path, 19) == b"weights"
    assert choice(second) == choice(first) and second.weights is None
    for index, value in enumerate(errors[2:], 2):
        tests(second, 10 * index, value)
    assert choice(second) == choice(through) and through.metric == metric
    assert second.summary == through.summary


def test_a_choice_by_updates_ends_with_the_first_test(tmp_path):
    """A run of an earlier version chose by the training error although it was tested."""
    before = make(outputs=())
    run_test(before, 0, other=1.0)
    for iteration in range(1, 10):
        update(before, iteration, error=0.1)
    (tmp_path / "best.caffemodel").write_bytes(b"weights")
    write_best_file(tmp_path, before, 9, digest(b"weights"))
    best = make()
    assert resume_best(best, tmp_path, 9) == b"weights" and best.metric == "error"
    run_test(best, 10, error=2.0)
    assert choice(best) == ("test error", 2.0, 10)


def test_a_choice_by_another_metric_is_not_continued(tmp_path):
    other = make(best_metric="other")
    run_test(other, 10, other=1.0)
    (tmp_path / "best.caffemodel").write_bytes(b"weights")
    write_best_file(tmp_path, other, 10, digest(b"weights"))
    best = make()
    assert resume_best(best, tmp_path, 10) is None and best.summary is None
