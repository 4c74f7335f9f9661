"""Derivatives by differences, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.testing.differences import central_difference, nearest_difference, slopes


@pytest.fixture
def x():
    return np.array([0.5, -2.0, 3e-7])


@pytest.mark.parametrize("index", [0, 1])
def test_of_a_cube(x, index):
    weights = [np.array([2.0, 4.0, 8.0])]
    found = central_difference(lambda: [x**3], weights, x, (index,), 1e-4)
    assert found == pytest.approx(weights[0][index] * 3 * x[index] ** 2, rel=1e-7)
    assert x.tolist() == [0.5, -2.0, 3e-7]  # put back


def test_outputs_without_weight_may_be_infinite(x):
    def outputs():
        return [np.array([x[0], np.inf])]

    assert central_difference(outputs, [np.array([1.0, 0.0])], x, (0,), 1e-4) == pytest.approx(1)


def test_a_smaller_step_stays_on_one_side_of_a_kink(x):
    def outputs():
        return [np.abs(x)]

    ones = [np.ones(3)]
    assert abs(central_difference(outputs, ones, x, (2,), 1e-5)) < 0.1
    found = nearest_difference(outputs, ones, x, (2,), 1.0, lambda d: abs(d - 1) < 1e-6, 1e-5)
    assert found == pytest.approx(1)


def test_the_slopes_of_both_sides():
    x = np.array([0.0])
    left, right = slopes(lambda: [np.where(x > 0, 3 * x, x)], [np.ones(1)], x, (0,), 1e-7)
    assert (left, right) == pytest.approx((1, 3))
