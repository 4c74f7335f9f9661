"""Scaling: spreads of changes without outliers, in float64, of each series by itself."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series.scaling import (
    Scaling,
    centre_and_deviation,
    robust_size,
    two_floats,
)

RNG = np.random.default_rng(5)


def test_the_spread_is_that_of_the_changes_over_context_and_horizon(make_samples):
    values = RNG.normal(size=30)
    samples = make_samples(values, "window: 3 horizon: 2 train_share: 0.5")
    changes = [
        values[row + shift] - values[row]
        for row in range(15)
        for shift in (-2, -1, 1, 2)
        if 0 <= row + shift < 15
    ]
    assert samples.scaling.spread[0, 0] == pytest.approx(np.sqrt(np.mean(np.square(changes))))


@pytest.mark.parametrize("outlier", [1e3, 1e9, 1e15])
def test_an_outlier_has_no_effect(make_samples, outlier):
    values = 1 + 0.01 * np.sin(np.arange(200))
    plain = make_samples(values).scaling.spread[0, 0]
    values[50] = outlier
    assert make_samples(values).scaling.spread[0, 0] == pytest.approx(plain, rel=0.05)


def test_the_size_of_another_series_has_no_effect(make_samples):
    values = np.sin(np.arange(40.0))
    both = np.concatenate([1e13 * (2 + values), 0.1 * values])
    spread = make_samples(both, series=np.repeat([0, 1], 40)).scaling.spread
    alone = make_samples(0.1 * values).scaling.spread
    assert spread[1, 0] == alone[0, 0]


def test_rows_after_the_training_part_have_no_effect(make_samples):
    values = RNG.normal(size=40)
    plain = make_samples(values, "window: 4 train_share: 0.5").scaling.spread
    values[20:] *= 1e15
    np.testing.assert_array_equal(
        make_samples(values, "window: 4 train_share: 0.5").scaling.spread, plain
    )


@pytest.mark.parametrize(
    ("value", "spread"), [(0.0, 1.0), (0.1, 1e-3), (1e9, 1e7), (-1234562.89, 12345.6289)]
)
def test_what_does_not_change_has_a_hundredth_of_its_level(make_samples, value, spread):
    found = make_samples(np.full(20, value)).scaling.spread[0, 0]
    assert found == pytest.approx(spread, rel=1e-12)


def test_cents_of_millions_are_changes(make_samples):
    values = 1234562.89 + 0.01 * (np.arange(60) % 3)
    assert make_samples(values).scaling.spread[0, 0] == pytest.approx(0.012, abs=0.003)


def test_values_too_small_for_float32_have_spread_1(make_samples):
    assert make_samples(1e-50 * np.sin(np.arange(30))).scaling.spread[0, 0] == 1


def test_outliers_are_above_20_times_the_upper_quartile():
    differences = np.array([1.0, -1, 1, 1, 20, -21])
    size, outliers = robust_size(differences, 0.0)
    upper = np.quantile(np.abs(differences), 0.75)
    assert outliers.tolist() == (np.abs(differences) > 20 * upper).tolist()
    size, outliers = robust_size(np.array([1.0] * 9 + [21.0]), 0.0)
    assert outliers.tolist() == [False] * 9 + [True] and size == 1


def test_centre_and_deviation_of_a_column():
    values = np.array([1.0, np.nan, 2, 3, 1e6])
    assert centre_and_deviation(values[:4]) == pytest.approx((2, np.sqrt(2 / 3)))
    assert centre_and_deviation(np.array([np.nan])) == (0, 1)
    assert centre_and_deviation(np.array([5.0, 5.0])) == (5, 1)
    many = np.append(np.tile([1.0, 2, 3], 10), 1e6)
    assert centre_and_deviation(many) == pytest.approx((2, np.sqrt(2 / 3)))


@pytest.mark.parametrize("value", [1234562.89, 1e9 + 0.1, 1 / 3, -7.0])
def test_two_floats_keep_what_one_does_not(value):
    assert two_floats(value) == pytest.approx(value, rel=1e-14)


def test_logarithms_go_back_and_end_at_the_floor():
    scaling = Scaling(np.full((1, 1), 0.5), np.zeros(0), np.ones(0), log=True, floor=0.1)
    values = np.array([[0.0], [0.1], [20.0], [np.nan]])
    level = scaling.transformed(np.full((4, 1), 2.0))
    relative = (scaling.transformed(values) - level) / 0.5
    found = scaling.restored(relative, level, np.zeros(4, dtype=int))
    np.testing.assert_allclose(found[:, 0], [0.1, 0.1, 20, np.nan])
