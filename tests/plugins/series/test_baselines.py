"""Linear forecasts: naive ones, and ridge regressions against scikit-learn, without each block and with all."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series import recipe
from mycaffe_plugins.series.baselines import (
    BLOCKS,
    DRIFT,
    LAST,
    PENALTIES,
    SEASONAL,
    Fitted,
    RidgePath,
    blocks_of,
    fit_ridges,
    naive_weights,
    predict,
)
from mycaffe_plugins.series.samples import thinned
from sklearn.linear_model import Ridge

RNG = np.random.default_rng(7)
WALK = RNG.normal(size=(150, 2)).cumsum(axis=0)
SETTINGS = "window: 5 horizon: 3 season: 7 train_share: 1"


def forecasts(samples, weights, origins, ahead):
    """Return forecasts in the data's units."""
    ahead = np.full(len(origins), ahead)
    relative = predict(samples.linear_features(origins, ahead), ahead, weights)
    return samples.restored(relative, samples.filled[origins], samples.windows.which[origins])


def test_naive_forecasts(make_samples):
    samples = make_samples(WALK, SETTINGS + " season: 30")
    naive = naive_weights(samples, recipe.targets_of(samples.windows), 3)
    origins = np.array([40, 99])
    assert list(naive) == [LAST, SEASONAL, SEASONAL + " 2", DRIFT]
    found = {name: forecasts(samples, each[-1], origins, 3) for name, each in naive.items()}
    np.testing.assert_allclose(found[LAST], WALK[origins])
    np.testing.assert_allclose(found[SEASONAL], WALK[origins + 3 - 7])
    np.testing.assert_allclose(found[SEASONAL + " 2"], WALK[origins + 3 - 30])
    slope = (WALK[-1] - WALK[0]) / 149
    np.testing.assert_allclose(found[DRIFT], WALK[origins] + 3 * slope)


def test_the_drift_without_a_block_is_that_of_the_other_rows(make_samples):
    samples = make_samples(WALK, SETTINGS)
    weights = naive_weights(samples, recipe.targets_of(samples.windows), 3)[DRIFT]
    changes = np.diff(WALK, axis=0)
    for part in range(BLOCKS):
        kept = np.arange(1, 150) // 30 != part
        expected = changes[kept].mean(axis=0) / samples.scaling.spread[0]
        np.testing.assert_allclose(weights[part, 1, :, -1], 2 * expected)


def test_the_drift_ends_with_the_targets(make_samples):
    samples = make_samples(WALK, SETTINGS)
    targets = recipe.targets_of(samples.windows, np.array([100]))
    weights = naive_weights(samples, targets, 3)[DRIFT]
    expected = (WALK[99] - WALK[0]) / 99 / samples.scaling.spread[0]
    np.testing.assert_allclose(weights[-1, 0, :, -1], expected)


@pytest.mark.parametrize("part", [0, 3, BLOCKS])
def test_ridge_regression_is_that_of_scikit_learn(part):
    z = RNG.normal(size=(80, 6)) * np.array([1, 10, 0.1, 3, 1, 0])
    z[:, 2] = 4.0  # does not vary
    z[:, -1] = 1.0
    y = z[:, 0] - 2 * z[:, 1] + RNG.normal(size=80)
    block = np.arange(80) // 16
    weights, crossed = RidgePath(z, block).fit(y)
    kept = block != part
    size = np.append(z[:, [0, 1, 3, 4]].std(axis=0), 1.0)
    scaled = z[:, [0, 1, 3, 4, 5]] / size
    for index, penalty in enumerate(PENALTIES):
        own = Ridge(penalty, fit_intercept=False).fit(scaled[kept], y[kept])
        np.testing.assert_allclose(weights[index, part][[0, 1, 3, 4, 5]], own.coef_ / size)
        if part < BLOCKS:
            expected = own.predict(scaled[~kept])
            np.testing.assert_allclose(crossed[~kept, index], expected, atol=1e-9)
    assert not weights[:, part, 2].any()


def test_each_block_may_have_targets_of_its_own():
    z, y = RNG.normal(size=(50, 3)), RNG.normal(size=(50, BLOCKS + 1))
    block = np.arange(50) // 10
    weights, _ = RidgePath(z, block).fit(y)
    for part in (1, BLOCKS):
        alone, _ = RidgePath(z, block).fit(y[:, part])
        np.testing.assert_allclose(weights[:, part], alone[:, part])


def test_blocks_are_fifths_of_each_series(make_samples):
    samples = make_samples(
        WALK[:60], "window: 3 train_share: 1", series=np.repeat([0, 1], [10, 50])
    )
    rows = np.arange(60)
    assert blocks_of(samples, rows).tolist() == [*(rows[:10] // 2), *(np.arange(50) // 10)]


def test_errors_are_those_of_weights_without_the_block(make_samples):
    samples = make_samples(WALK[:, 0], SETTINGS)
    targets = recipe.targets_of(samples.windows)
    centre = np.zeros((BLOCKS + 1, 3, 1, samples.linear_width))
    units = np.full((1, 1), 2.0)
    fit = fit_ridges(samples, targets, {"zero": centre}, units)["zero"]
    origins = targets[targets - 2 >= 0] - 2
    missed = np.zeros((len(origins), len(PENALTIES)))
    block = blocks_of(samples, origins + 2)
    for penalty in range(len(PENALTIES)):
        for part in range(BLOCKS):
            own = block == part
            found = forecasts(samples, fit.weights[penalty, part], origins[own], 2)
            missed[own, penalty] = np.abs(found - WALK[origins[own] + 2, :1])[:, 0] / 2
    np.testing.assert_allclose(fit.errors[1, :, 0], missed.mean(axis=0), rtol=1e-4)
    naive = np.abs(WALK[origins + 2, 0] - WALK[origins, 0]).mean() / 2
    assert fit.centre_errors[1, 0] == pytest.approx(naive)


def test_a_centre_may_differ_between_blocks_without_an_effect_on_what_it_can_be_mended_by(
    make_samples,
):
    """A constant that the regression can add back leaves the same forecasts, at a small penalty."""
    samples = make_samples(WALK[:, 0], SETTINGS)
    targets = recipe.targets_of(samples.windows)
    centre = np.zeros((BLOCKS + 1, 3, 1, samples.linear_width))
    moved = centre.copy()
    moved[:BLOCKS, :, :, -1] = np.linspace(-0.2, 0.2, BLOCKS)[:, None, None]
    units = np.ones((1, 1))
    fits = fit_ridges(samples, targets, {"zero": centre, "moved": moved}, units)
    np.testing.assert_allclose(fits["moved"].errors[:, 0], fits["zero"].errors[:, 0], rtol=1e-3)


def test_the_heaviest_of_equally_good_penalties_of_near_distances_is_taken():
    errors = np.full((3, len(PENALTIES), 2), 2.0)
    errors[0, 2, 0], errors[0, 4, 0], errors[1, 4, 0] = 1.0, 1.001, 1.0
    errors[:, 1, 1] = 1.0
    errors[2, :, 0] = np.nan
    last = len(PENALTIES) - 1
    weights = np.zeros((len(PENALTIES), BLOCKS + 1, 9, 2, 1))
    fit = Fitted([1, 2, 9], weights, errors, np.zeros((3, 2)))
    assert fit.penalties().tolist() == [[4, 1], [4, 1], [last, 1]]
    np.testing.assert_allclose(fit.best_errors(), [[1.001, 1], [1, 1], [np.nan, 1]])
    found = fit.smoothed(np.array([[1.0, np.nan], [3, np.nan], [9, 5]]))
    assert found.tolist() == [[2, np.inf], [2, np.inf], [9, 5]]


def test_the_weights_are_those_of_the_best_penalty_of_each_value():
    weights = np.zeros((len(PENALTIES), BLOCKS + 1, 2, 2, 1))
    weights[...] = np.arange(len(PENALTIES))[:, None, None, None, None]
    errors = np.full((2, len(PENALTIES), 2), 2.0)
    errors[:, 3, 0], errors[:, 7, 1] = 1.0, 1.0
    found = Fitted([1, 2], weights, errors, np.zeros((2, 2))).chosen()
    assert found.shape == (BLOCKS + 1, 2, 2, 1)
    assert (found[:, :, 0] == 3).all() and (found[:, :, 1] == 7).all()


def test_nothing_after_the_ends_has_an_effect(make_samples):
    """Weights fitted to rows before the given ends do not change, bit by bit, with the rows from there on."""
    ends = np.array([100])
    found = []
    for tail in (WALK[100:, :1], 50 * RNG.normal(size=(50, 1))):
        samples = make_samples(np.concatenate([WALK[:100, :1], tail]), SETTINGS)
        scaling = make_samples(WALK[:, :1], SETTINGS).scaling
        samples = type(samples)(samples.windows, scaling)
        targets = recipe.targets_of(samples.windows, ends)
        fits = fit_ridges(samples, targets, recipe._centres(samples, targets), np.ones((1, 1)))
        found.append({name: (fit.weights, fit.errors) for name, fit in fits.items()})
    for name, arrays in found[0].items():
        for one, two in zip(arrays, found[1][name], strict=True):
            np.testing.assert_array_equal(one, two)


def test_thinned_rows_are_even_and_keep_both_ends():
    rows = np.arange(100, 201)
    assert thinned(rows, 5).tolist() == [100, 125, 150, 175, 200]
    assert thinned(rows, 101) is rows
