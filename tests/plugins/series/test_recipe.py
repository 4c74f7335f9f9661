"""The recipe: which function of the values, which baseline, and that neither sees what it must not."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series import recipe
from mycaffe_plugins.series.baselines import DRIFT, LAST, SEASONAL, predict
from mycaffe_plugins.series.settings import LOG, NONE

from mycaffe_py.errors import ConfigError

RNG = np.random.default_rng(19)
ROWS = np.arange(240)
SEASON = np.tile(RNG.normal(size=8), 30)
WALK = RNG.normal(size=240).cumsum()
GROWTH = np.exp(0.02 * ROWS + 0.5 * SEASON + 0.2 * RNG.normal(size=240))
SETTINGS = "window: 10 horizon: 4 season: 8 train_share: 0.8"


def baseline(samples, **options):
    return recipe.fit_baseline(samples, recipe.targets_of(samples.windows), **options)


def forecast(samples, origin=150):
    ahead = np.arange(1, 5)
    origins = np.full(4, origin)
    found = predict(samples.linear_features(origins, ahead), ahead, baseline(samples).weights)
    return samples.restored(found, samples.filled[origins], np.zeros(4, dtype=int))


def test_logarithms_of_what_grows_by_a_share(make_samples):
    assert recipe.choose_transform(make_samples(GROWTH, SETTINGS).windows) == LOG
    assert recipe.choose_transform(make_samples(WALK + 100, SETTINGS).windows) == NONE
    assert recipe.choose_transform(make_samples(WALK, SETTINGS + " transform: LOG").windows) == LOG


@pytest.mark.parametrize(("row", "expected"), [(100, NONE), (239, LOG)])
def test_only_values_of_the_training_part_forbid_logarithms(make_samples, row, expected):
    values = GROWTH.copy()
    values[row] = 0
    assert recipe.choose_transform(make_samples(values, SETTINGS).windows) == expected


def test_the_floor_is_a_tenth_of_the_smallest_value_above_0(make_samples):
    values = np.array([0.0, 3, -1, 2, 5, 6, 0.5, 0.5])
    windows = make_samples(values, "window: 2 train_share: 0.75").windows
    assert recipe.floor_of(windows.param, windows) == 0.2
    windows.param.log_floor = 0.7
    assert recipe.floor_of(windows.param, windows) == 0.7


def test_logarithms_of_values_of_which_none_is_above_0_are_refused(make_samples):
    windows = make_samples(-GROWTH, SETTINGS).windows
    with pytest.raises(ConfigError, match="no value of the training part is above 0") as caught:
        recipe.floor_of(windows.param, windows)
    assert caught.value.field == "series_param.transform"


@pytest.mark.parametrize(
    ("base", "name"),
    [("LAST", LAST), ("SEASONAL", SEASONAL), ("DRIFT", DRIFT), ("RIDGE", recipe.RIDGES)],
)
def test_the_baseline_is_the_one_asked_for(make_samples, base, name):
    assert baseline(make_samples(WALK, f"{SETTINGS} base: {base}")).name == name


def test_the_best_baseline_is_hardly_worse_than_any(make_samples):
    for values in (WALK, ROWS + 0.1 * WALK, SEASON + 0.01 * WALK, GROWTH):
        samples = make_samples(values, SETTINGS)
        errors = [baseline(samples, base=base).error for base in (1, 2, 3, 4)]
        assert baseline(samples).error <= min(errors) / 0.99


def test_a_simple_forecast_is_kept_where_another_is_not_clearly_better(make_samples):
    assert baseline(make_samples(np.full(240, 5.0), SETTINGS)).name == LAST
    assert baseline(make_samples(2.0 * ROWS, SETTINGS)).name == DRIFT
    assert baseline(make_samples(SEASON, SETTINGS)).name == SEASONAL


def test_without_a_season_the_last_value_stands_in(make_samples):
    found = baseline(make_samples(WALK, "window: 10 horizon: 4 base: SEASONAL"))
    assert found.name == LAST and not found.weights.any()


def test_the_error_of_the_last_value(make_samples):
    samples = make_samples(WALK, SETTINGS)
    changes = [np.abs(WALK[ahead:192] - WALK[: 192 - ahead]) for ahead in (1, 2, 3, 4)]
    expected = np.concatenate(changes).mean() / samples.scaling.spread[0, 0]
    assert baseline(samples, base=1).error == pytest.approx(expected)


@pytest.mark.parametrize(("shift", "scale"), [(2.0**20, 1.0), (0.0, 2.0**10), (-7.0, 2.0**-12)])
def test_forecasts_move_and_grow_with_the_data(make_samples, shift, scale):
    plain = forecast(make_samples(WALK + SEASON, SETTINGS))
    moved = forecast(make_samples(shift + scale * (WALK + SEASON), SETTINGS))
    np.testing.assert_allclose((moved - shift) / scale, plain, rtol=1e-5, atol=1e-5)


def test_rows_after_the_training_part_have_no_effect(make_samples):
    later = np.concatenate([GROWTH[:192], 1e3 * RNG.random(48)])
    one, two = (make_samples(values, SETTINGS) for values in (GROWTH, later))
    np.testing.assert_array_equal(baseline(one).weights, baseline(two).weights)
    assert recipe.choose_transform(one.windows) == recipe.choose_transform(two.windows)


def test_two_rows_give_a_naive_forecast(make_samples):
    found = baseline(make_samples(np.array([1.0, 3.0]), "window: 4 horizon: 3 train_share: 1"))
    assert found.name in (LAST, DRIFT) and np.isfinite(found.weights).all()


def test_an_outlier_leaves_everything_finite(make_samples):
    values = 1 + 0.01 * np.sin(ROWS)
    values[100] = 1e9
    assert np.isfinite(baseline(make_samples(values, SETTINGS)).weights).all()


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        (np.full(60, 1e9), "window: 6 horizon: 3 season: 7"),
        (1e29 * (2 + np.sin(ROWS)), "window: 6 horizon: 3"),
        (WALK[:30], "window: 100 horizon: 3"),
        (WALK[:30], "window: 6 horizon: 100"),
        (WALK, "window: 6 horizon: 3 season: 1000 period: 1000"),
        (WALK, "window: 6 horizon: 3 season: 0.001 period: 0.001"),
        (WALK, "window: 6 horizon: 8 least_horizon: 8"),
        (WALK, "window: 1 horizon: 3"),
        (np.where(ROWS % 2, WALK, np.nan), "window: 3 horizon: 3 season: 7"),
    ],
)
def test_unusual_data_and_settings_leave_everything_finite(make_samples, values, settings):
    samples = make_samples(values, settings)
    found = baseline(samples)
    assert np.isfinite(found.weights).all() and np.isfinite(found.crossed).all()
    origins = recipe.targets_of(samples.windows)[:9] - samples.windows.param.least_horizon
    ahead = np.full(len(origins), samples.windows.param.least_horizon)
    assert np.isfinite(samples.batch(origins, ahead, np.zeros((len(origins), 1))).x).all()
