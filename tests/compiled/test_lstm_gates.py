"""A step of the LSTM after its sums, against its formula, and its gradients against finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.compiled import compiled, lstm_gates, lstm_gates_back

KEEP = 0.75


@compiled
def step(sums, before, keep, after, activated, hidden):
    lstm_gates(sums[0], sums[1], sums[2], sums[3], before, keep, after, activated, hidden)


@compiled
def step_back(gates, before, keep, activated, dh, dc, gradients):
    lstm_gates_back(
        gates[0], gates[1], gates[2], gates[3], before, keep, activated, dh, dc,
        gradients[0], gradients[1], gradients[2], gradients[3],
    )  # fmt: skip


def forward(sums, before):
    gates, arrays = sums.copy(), [np.full_like(before, np.nan) for _ in range(3)]
    step(gates, before, before.dtype.type(KEEP), *arrays)
    return gates, *arrays


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 7, 64, 130])
def test_formula(rng, size, dtype):
    sums = rng.normal(0, 2, (4, size)).astype(dtype)
    before = rng.standard_normal(size).astype(dtype)
    gates, after, activated, hidden = forward(sums, before)
    i, f, o = 1 / (1 + np.exp(-sums[:3].astype(np.float64)))
    c = f * KEEP * before + i * np.tanh(sums[3].astype(np.float64))
    within = {"rtol": 0, "atol": 1e-6 if dtype == "float32" else 1e-14}
    np.testing.assert_allclose(gates[:3], [i, f, o], **within)
    np.testing.assert_allclose(after, c, **within)
    np.testing.assert_allclose(activated, np.tanh(c), **within)
    np.testing.assert_allclose(hidden, o * np.tanh(c), **within)


@pytest.mark.parametrize("size", [1, 9])
def test_gradients(rng, size):
    sums, before = rng.standard_normal((4, size)), rng.standard_normal(size)
    of_hidden, of_memory = rng.standard_normal((2, size))

    def objective():
        _, after, _, hidden = forward(sums, before)
        return of_hidden @ hidden + of_memory @ after

    gates, _, activated, _ = forward(sums, before)
    dc, gradients = of_memory.copy(), np.full_like(sums, np.nan)
    step_back(gates, before, KEEP, activated, of_hidden, dc, gradients)
    for values, found in ((sums, gradients), (before, dc)):
        for index in np.ndindex(values.shape):
            kept = values[index]
            values[index] = kept + 1e-6
            above = objective()
            values[index] = kept - 1e-6
            below = objective()
            values[index] = kept
            assert found[index] == pytest.approx((above - below) / 2e-6, abs=1e-8)


def test_not_a_number_stays_in_its_element(rng):
    sums = rng.standard_normal((4, 20)).astype("float32")
    sums[1, 5] = np.nan
    _, after, activated, hidden = forward(sums, np.ones(20, "float32"))
    for values in (after, activated, hidden):
        assert np.flatnonzero(np.isnan(values)).tolist() == [5]
