"""The autoregression: its iterated weights against explicit iteration of the one-row model."""

from __future__ import annotations

import numpy as np
from mycaffe_plugins.series import recipe
from mycaffe_plugins.series.autoregression import autoregression
from mycaffe_plugins.series.baselines import BLOCKS, predict

RNG = np.random.default_rng(11)
HORIZON = 20


def oscillation(rows, noise):
    """Return an AR(2) with a unit root, 1.6 and -0.6, around a sinus of period 10."""
    values = np.zeros(rows)
    for row in range(2, rows):
        values[row] = 1.6 * values[row - 1] - 0.6 * values[row - 2] + noise * RNG.normal()
    return values + 3 * np.sin(2 * np.pi * np.arange(rows) / 10)


def fitted(samples):
    return autoregression(samples, recipe.targets_of(samples.windows), HORIZON)


def forecast(samples, weights, origin):
    ahead = np.arange(1, HORIZON + 1)
    origins = np.full(HORIZON, origin)
    found = predict(samples.linear_features(origins, ahead), ahead, weights)
    return samples.restored(found, samples.filled[origins], np.zeros(HORIZON, dtype=int))[:, 0]


def test_iterated_weights_are_the_one_row_model_again_and_again(make_samples):
    values = oscillation(300, 1.0)
    settings = "window: 9 recent: 6 stride: 4 horizon: 20 period: 10 train_share: 1"
    samples = make_samples(values, settings)
    for part in (0, BLOCKS):
        weights = fitted(samples)[part]
        origin = 200
        known = values[: origin + 1].tolist()
        for _ in range(HORIZON):
            longer = make_samples(np.append(known, 0.0), settings)
            longer = type(samples)(longer.windows, samples.scaling)
            row, one = np.array([len(known) - 1]), np.ones(1, dtype=int)
            relative = predict(longer.linear_features(row, one), one, weights)
            following = longer.restored(relative, longer.filled[row], np.zeros(1, dtype=int))
            known.append(float(following[0, 0]))
        np.testing.assert_allclose(
            forecast(samples, weights, origin), known[origin + 1 :], rtol=1e-7, atol=1e-7
        )


def test_a_known_autoregression_with_a_sinus_is_found(make_samples):
    values = oscillation(4000, 0.1)
    samples = make_samples(values, "window: 8 horizon: 20 period: 10 train_share: 1")
    found = forecast(samples, fitted(samples)[-1], 3000)
    sinus = 3 * np.sin(2 * np.pi * np.arange(4000) / 10)
    rest = (values - sinus)[2999:3001].tolist()
    for _ in range(HORIZON):
        rest.append(1.6 * rest[-1] - 0.6 * rest[-2])
    np.testing.assert_allclose(found, rest[2:] + sinus[3001 : 3001 + HORIZON], atol=0.3)


def test_one_that_grows_without_limit_is_held(make_samples):
    growing = 1.5 ** np.arange(60.0)
    samples = make_samples(growing, "window: 6 horizon: 500 train_share: 1")
    weights = autoregression(samples, recipe.targets_of(samples.windows), 500)
    assert np.abs(weights).max() <= 1000 and np.abs(weights).max() > 1


def test_an_outlier_does_not_decide(make_samples):
    values = oscillation(300, 0.1)
    settings = "window: 6 horizon: 20 period: 10 train_share: 1"
    plain = forecast(
        make_samples(values, settings), fitted(make_samples(values, settings))[-1], 270
    )
    values[100] = 1e9
    samples = make_samples(values, settings)
    assert np.abs(forecast(samples, fitted(samples)[-1], 270) - plain).max() < 3


def test_a_context_of_one_row_leaves_phases_and_drift(make_samples):
    samples = make_samples(oscillation(100, 0.1), "window: 1 horizon: 20 period: 10 train_share: 1")
    found = forecast(samples, fitted(samples)[-1], 50)
    assert np.isfinite(found).all() and np.ptp(found) > 2
