"""Functions of kernels against the C library's, all over the line and at its ends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.compiled import compiled, erf, exp, sigmoid, tanh


@compiled
def all_tanh(x, y):
    for i in range(x.shape[0]):
        y[i] = tanh(x[i])


@compiled
def all_exp(x, y):
    for i in range(x.shape[0]):
        y[i] = exp(x[i])


@compiled
def all_erf(x, y):
    for i in range(x.shape[0]):
        y[i] = erf(x[i])


@compiled
def all_sigmoid(x, y):
    for i in range(x.shape[0]):
        y[i] = sigmoid(x[i])


EXACT = {
    all_tanh: np.vectorize(math.tanh),
    all_exp: np.vectorize(math.exp),
    all_erf: np.vectorize(math.erf),
    all_sigmoid: np.vectorize(lambda x: 1 / (1 + math.exp(-x))),
}
# Units in the last place; of the sigmoid, units of 1: it is half a tanh, as the plain one is.
WITHIN = {all_tanh: 6, all_exp: 2, all_erf: 4, all_sigmoid: 6}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", EXACT, ids=lambda kernel: kernel.__name__)
def test_accuracy(kernel, dtype):
    x = np.concatenate([np.linspace(-12, 12, 4001), np.geomspace(1e-30, 60, 500)]).astype(dtype)
    y = np.empty_like(x)
    kernel(x, y)
    expected = EXACT[kernel](x.astype(np.float64))
    scale = np.ones_like(x) if kernel is all_sigmoid else np.abs(expected).astype(dtype)
    assert (np.abs(y - expected) / np.spacing(scale)).max() <= WITHIN[kernel]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_limits_and_not_a_number(dtype):
    x = np.array([-np.inf, np.inf, np.nan, 0.0, -0.0], dtype)
    y = np.empty_like(x)
    for kernel, low, high, middle in (
        (all_tanh, -1, 1, 0),
        (all_exp, 0, np.inf, 1),
        (all_erf, -1, 1, 0),
        (all_sigmoid, 0, 1, 0.5),
    ):
        kernel(x, y)
        assert np.isnan(y[2]) and y[3] == y[4] == middle
        if high < np.inf or dtype == "float64":
            assert np.allclose(y[:2], (low, high), rtol=0, atol=3e-7)


def test_exp_of_float32_outside_its_range():
    y = np.empty(2, "float32")
    all_exp(np.array([-1000, 88], "float32"), y)
    assert y[0] == 0 and np.isclose(y[1], math.exp(88), rtol=1e-6)
