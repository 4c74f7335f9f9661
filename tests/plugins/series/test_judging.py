"""Places, distances and forecasts of many samples."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series import recipe
from mycaffe_plugins.series.baselines import LAST, naive_weights
from mycaffe_plugins.series.judging import (
    Places,
    in_units,
    linear_forecasts,
    some_distances,
    truth,
)

VALUES = np.random.default_rng(23).normal(size=60).cumsum()


def test_every_distance_whose_target_is_before_the_stop():
    places = Places.every(np.array([3, 8]), np.array([1, 2, 4]), np.array([6, 10]))
    found = list(zip(places.origins.tolist(), places.ahead.tolist(), strict=True))
    assert found == [(3, 1), (3, 2), (8, 1)]


def test_forecasts_of_the_last_value_in_the_data_s_units(make_samples):
    samples = make_samples(VALUES, "window: 4 horizon: 3")
    weights = naive_weights(samples, recipe.targets_of(samples.windows), 3)[LAST][-1]
    places = Places(np.array([5, 40]), np.array([3, 1]))
    found = in_units(samples, places, linear_forecasts(samples, places, weights))
    np.testing.assert_allclose(found[:, 0], VALUES[[5, 40]])
    np.testing.assert_allclose(truth(samples, places)[:, 0], VALUES[[8, 41]])


def test_more_places_than_are_forecast_at_once(make_samples):
    samples = make_samples(VALUES, "window: 4 horizon: 3")
    weights = np.random.default_rng(1).normal(size=(3, 1, samples.linear_width))
    places = Places(np.resize(np.arange(50), 5000), np.resize([1, 2, 3], 5000))
    found = linear_forecasts(samples, places, weights)
    last = Places(places.origins[-3:], places.ahead[-3:])
    np.testing.assert_allclose(found[-3:], linear_forecasts(samples, last, weights))
    nothing = Places(np.zeros(0, dtype=int), np.zeros(0, dtype=int))
    assert linear_forecasts(samples, nothing, weights).shape == (0, 1)


@pytest.mark.parametrize("horizon", [1, 12, 13, 1000])
def test_some_distances_begin_with_1_and_end_with_the_horizon(horizon):
    found = some_distances(horizon, 12)
    assert found[0] == 1 and found[-1] == horizon and len(found) <= 12
    assert (np.diff(found) > 0).all() and (np.diff(found, 2) >= -1).all()
