"""Samples in net units: what they show, what they may depend on, and that large values keep their digits."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series.samples import RATES, Samples
from mycaffe_plugins.series.scaling import Scaling

from mycaffe_py.errors import OutOfMemoryError

SETTINGS = "window: 6 horizon: 5 season: 7 season: 11 period: 7"
RNG = np.random.default_rng(3)
WALK = RNG.normal(size=(120, 2)).cumsum(axis=0)
IRREGULAR = np.cumsum(RNG.exponential(1.0, 120))


def test_a_batch_is_relative_to_the_last_value(make_samples):
    samples = make_samples(np.arange(20.0) ** 2, "window: 3 horizon: 4 season: 5")
    spread = samples.scaling.spread[0, 0]
    batch = samples.batch(np.array([10]), np.array([2]), np.array([[0.25]]))
    np.testing.assert_allclose(batch.x[0, :, 0], np.array([-36, -19, 0, 0]) / spread, rtol=1e-6)
    assert batch.x[0, :, 1].tolist() == [0, 0, 0, 0.5]  # 2 of 4 rows ahead
    np.testing.assert_allclose(batch.x[0, -1, 2], (49 - 100) / spread, rtol=1e-6)  # row 12 - 5
    assert batch.x[0, :, 3].tolist() == [0, 0, 0, 0.25]
    assert batch.mask[0, :, 0].tolist() == [1, 1, 1, 0] and batch.mask[0, :, 1:].all()
    assert batch.tt.tolist() == [[0, 1, 1, 2]]
    np.testing.assert_allclose(batch.target, [[44 / spread]])


@pytest.mark.parametrize("times", [None, IRREGULAR], ids=["regular", "irregular"])
def test_nothing_depends_on_values_after_the_origin(make_samples, times):
    samples = make_samples(WALK, SETTINGS, times=times)
    origins, ahead = np.array([3, 50, 80]), np.array([1, 5, 3])
    for origin, distance in zip(origins, ahead, strict=True):
        later = WALK.copy()
        later[origin + 1 :] = 1e3 * RNG.normal(size=later[origin + 1 :].shape)
        other = Samples(make_samples(later, SETTINGS, times=times).windows, samples.scaling)
        at = np.array([origin]), np.array([distance])
        for one, two in (
            (samples.linear_features(*at), other.linear_features(*at)),
            (samples.batch(*at, np.zeros((1, 2))).x, other.batch(*at, np.zeros((1, 2))).x),
        ):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "settings", [SETTINGS, "window: 1", "window: 5 recent: 2 stride: 3 period: 4 season: 300"]
)
@pytest.mark.parametrize("rows", [0, 4])
def test_the_widths_are_those_announced(make_samples, settings, rows):
    samples = make_samples(WALK, settings)
    origins, ahead = np.arange(60, 60 + rows), np.ones(rows, dtype=int)
    assert samples.linear_features(origins, ahead).shape == (rows, 2, samples.linear_width)
    x = samples.batch(origins, ahead, np.zeros((rows, 2))).x
    assert x.shape == (rows, samples.windows.param.window + 1, samples.features)


def test_exponential_means_are_those_of_a_loop(make_samples):
    values = np.arange(60.0) % 13 + 1e9
    series = np.repeat([0, 1], [1, 59])
    samples = make_samples(values, series=series)
    for rate, found in zip(RATES, samples.means, strict=True):
        for begin, end in ((0, 1), (1, 60)):
            mean = values[begin]
            for row in range(begin, end):
                mean += rate * (values[row] - mean)
                assert found[row, 0] == pytest.approx(mean, rel=0, abs=1e-6)


def test_a_constant_series_has_no_features_but_the_constant(make_samples):
    samples = make_samples(np.full(50, 1e9 + 0.1), "window: 4 season: 7")
    found = samples.linear_features(np.arange(10, 40), np.ones(30, dtype=int))[:, 0]
    assert not found[:, :-1].any() and (found[:, -1] == 1).all()


@pytest.mark.parametrize("period", [7.0, 6.5, 500.0])
@pytest.mark.parametrize("times", [None, IRREGULAR], ids=["regular", "irregular"])
def test_rows_of_the_same_phase_are_the_nearest_ones(make_samples, period, times):
    samples = make_samples(WALK, "window: 2 season: 7", times=times)
    all_times, half = samples.windows.series.times, samples.windows.unit / 2
    origins = np.array([0, 1, 6, 40, 77, 110])
    for back in (1, 2, 3):
        query = all_times[origins + 4]
        found = samples.season_row(origins, query, period, back)
        for origin, time, row in zip(origins, query, found, strict=True):
            now, begin = all_times[origin], all_times[0]
            cycles = 1
            while time - cycles * period > now + half:
                cycles += 1
            wanted = time - (cycles + back - 1) * period
            while wanted < begin - half:
                wanted += period
            wanted = now if wanted > now + half else wanted
            nearest = np.abs(all_times - wanted).argmin()
            assert row == min(nearest, origin)


def test_of_equal_times_none_after_the_origin_counts(make_samples):
    times = np.repeat(np.arange(30), 2)
    samples = make_samples(np.arange(60.0), "window: 2 season: 5", times=times)
    found = samples.season_row(np.array([20, 21]), np.array([10.0, 11.0]), 5.0, 1)
    assert found.tolist() == [10, 12]


def test_a_row_shortly_after_the_origin_does_not_count(make_samples):
    """The same phase was at 10.4, and the nearest time is 10.3; the origin is 10."""
    times = np.append(np.arange(11.0), [10.3, 11.4, 12.4, 13.4])
    samples = make_samples(np.arange(15.0), "window: 2 season: 3 time_unit: 1", times=times)
    assert samples.season_row(np.array([10]), np.array([13.4]), 3.0, 1).tolist() == [10]


def test_means_of_seasons_keep_the_digits_of_large_values(make_samples):
    values = 1e9 + 10 * np.sin(np.arange(3000) / 3)
    samples = make_samples(values, "window: 4 season: 12", series=np.repeat(np.arange(3), 1000))
    place = samples.seasonal_feature(0)
    found = samples.linear_features(np.array([2500]), np.array([1]))[0, 0, place + 1]
    expected = (values[2489:2501] - values[2500]).mean() / samples.scaling.spread[2, 0]
    assert found == pytest.approx(expected, rel=1e-6)


def test_inputs_are_scaled_by_the_training_part_and_gaps_are_its_centre(make_series):
    rows = [f"{row},{row},{'' if row == 15 else row}" for row in range(20)]
    gym = make_series(
        "t,a,b\n" + "\n".join(rows) + "\n", 'window: 2 input_column: "b" train_share: 0.5'
    )
    scaling = Scaling(np.ones((1, 1)), np.array([4.5]), np.array([2.0]))
    samples = Samples(gym.windows, scaling)
    assert samples.inputs[[0, 15, 19], 0].tolist() == [-2.25, 0, 7.25]


def test_a_linear_baseline_that_does_not_fit_is_refused_before_it_is_taken(make_samples):
    samples = make_samples(WALK, SETTINGS)
    origins = np.broadcast_to(10, 10**13)
    with pytest.raises(OutOfMemoryError, match="the linear baseline of 2 columns to predict needs"):
        samples.linear_features(origins, origins)
