"""Many series in one file: each is what it would be alone, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series import recipe

RNG = np.random.default_rng(31)
LENGTHS = (40, 2, 75, 1, 60)
OWN = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
VALUES = np.concatenate(
    [10.0**power * RNG.normal(size=count).cumsum() for power, count in enumerate(LENGTHS)]
)
VALUES[RNG.random(len(VALUES)) < 0.1] = np.nan
VALUES[[0, 40, 41, 42, 117]] = 1.5
SETTINGS = "window: 6 recent: 3 stride: 4 horizon: 4 season: 7 period: 7 time_unit: 1"


@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_series_among_others_is_the_same_as_alone(make_samples, index):
    whole = make_samples(VALUES, SETTINGS, series=OWN)
    alone = make_samples(VALUES[index == OWN], SETTINGS)
    first = int(whole.windows.series.starts[index])
    assert whole.windows.train_ends[index] - first == alone.windows.train_ends[0]
    assert whole.windows.ends[index] - first == alone.windows.ends[0]
    assert whole.windows.first[index] - first == alone.windows.first[0]
    np.testing.assert_array_equal(whole.scaling.spread[index], alone.scaling.spread[0])
    origins = np.arange(alone.windows.first[0], alone.windows.ends[0] - 4)
    ahead = np.resize([1, 2, 3, 4], len(origins))
    base = np.zeros((len(origins), 1))
    np.testing.assert_array_equal(
        whole.linear_features(origins + first, ahead), alone.linear_features(origins, ahead)
    )
    one, two = whole.batch(origins + first, ahead, base), alone.batch(origins, ahead, base)
    for name in ("x", "tt", "mask", "target", "level"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_targets_are_in_each_series_after_its_first_value(make_samples):
    windows = make_samples(VALUES, SETTINGS + " least_horizon: 2", series=OWN).windows
    expected = []
    for index in range(len(LENGTHS)):
        rows = np.flatnonzero(index == OWN)
        seen = rows[np.isfinite(VALUES[rows])]
        end = rows[0] + max(1, int((seen[-1] + 1 - rows[0]) * 0.8))
        expected += [row for row in seen if seen[0] + 2 <= row < end]
    assert recipe.targets_of(windows).tolist() == expected


def test_a_baseline_of_two_equal_series_is_that_of_one(make_samples):
    values = RNG.normal(size=60).cumsum()
    one = make_samples(values, SETTINGS)
    two = make_samples(np.tile(values, 2), SETTINGS, series=np.repeat([0, 1], 60))
    found = [
        recipe.fit_baseline(each, recipe.targets_of(each.windows), base=3) for each in (one, two)
    ]
    np.testing.assert_allclose(found[0].weights, found[1].weights)
    assert found[0].error == pytest.approx(found[1].error)


def test_series_of_one_row_take_part_without_samples(make_samples):
    samples = make_samples(VALUES, SETTINGS, series=OWN)
    assert samples.scaling.spread[3, 0] == pytest.approx(0.01 * abs(VALUES[117]), rel=1e-12)
    assert 117 not in recipe.targets_of(samples.windows)
