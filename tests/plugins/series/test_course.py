"""The course of a training: means of weights, judging, and its state."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from mycaffe_plugins.series.course import REFIT, SEARCH, Course, weights_of

from mycaffe_py.device import Device


def net(values):
    parameters = SimpleNamespace(data=np.array(values, dtype=np.float64))
    return SimpleNamespace(parameters=parameters, device=Device())


def test_the_mean_forgets_the_start_and_then_keeps_its_share():
    own = net([0.0])
    course = Course(own, 0.5)
    expected = 0.0
    for updates in range(1, 40):
        own.parameters.data[0] = value = float(updates**2)
        course.average(updates)
        kept = min(0.5, updates / (updates + 10))
        expected = kept * expected + (1 - kept) * value
        assert np.isclose(course.mean[0], expected)


def test_a_weight_that_stays_has_itself_as_mean():
    own = net([0.1, 1 / 3])
    course = Course(own, 0.98)
    for updates in range(1, 30):
        course.average(updates)
    assert np.array_equal(course.mean, own.parameters.data)


def test_judging_keeps_the_best_mean_and_counts_those_without_a_better_one():
    course = Course(net([1.0]), 0.9)
    assert course.judge(2.0, 10) and course.without == 0
    course.mean[0] = 5
    assert not course.judge(2.0, 20) and not course.judge(float("nan"), 30)
    assert course.without == 2 and course.best[0] == 1 and course.best_iteration == 10
    assert course.judge(1.5, 40)
    assert course.without == 0 and course.best[0] == 5


def test_infinite_and_unknown_errors_are_never_the_best():
    course = Course(net([1.0]), 0.9)
    assert not course.judge(float("inf"), 1) and not course.judge(float("nan"), 2)
    assert course.best is None


def test_a_restart_goes_back_to_the_first_weights():
    own = net([1.0, 2.0])
    course = Course(own, 0.9)
    own.parameters.data[...] = 7
    course.average(1)
    course.restart(30, REFIT, 20)
    assert own.parameters.data.tolist() == course.mean.tolist() == [1, 2]
    assert (course.phase, course.began, course.planned) == (REFIT, 30, 20)


def test_a_state_is_restored():
    course = Course(net([1.0, 2.0]), 0.9)
    course.judge(3.0, 4)
    course.restart(5, REFIT, 6)
    course.ended = 11
    other = Course(net([8.0, 9.0]), 0.9)
    assert other.phase == SEARCH
    other.load_state(course.state())
    for name, value in course.state().items():
        assert np.array_equal(other.state()[name], value), name


def test_a_change_reaches_first_mean_and_best():
    course = Course(net([1.0]), 0.9)
    course.keep(lambda weights: weights + 1)
    assert (course.first[0], course.mean[0], course.best) == (2, 2, None)
    course.judge(1.0, 1)
    course.keep(lambda weights: weights + 1)
    assert course.best[0] == 3


def test_other_weights_are_used_for_a_while():
    own = net([1.0])
    with weights_of(own, np.array([5.0])):
        assert own.parameters.data[0] == 5
    assert own.parameters.data[0] == 1
