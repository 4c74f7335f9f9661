"""Gains of a net's correction, and intervals, from errors that are known."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series.bands import bands, gains

RNG = np.random.default_rng(13)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_ends_are_at_their_ranks(coverage):
    """Of n values, the ends are those of rank tail (n + 1) from each side, interpolated (split conformal)."""
    values = RNG.permutation(np.arange(-49.0, 50.0))  # 99 of them
    found = bands(values[:, None], np.ones(99, dtype=int), 1, coverage)[0, 0]
    rank = (1 - coverage) / 2 * 100
    assert found.tolist() == pytest.approx([-50 + rank, 50 - rank])


def test_few_values_give_their_extremes():
    found = bands(np.array([[-3.0], [1.0], [2.0]]), np.ones(3, dtype=int), 1, 0.9)
    assert found[0, 0].tolist() == [-3, 2]


def test_intervals_hold_what_they_should():
    held = []
    for _ in range(400):
        values = RNG.standard_t(3, size=31)
        low, high = bands(values[:30, None], np.ones(30, dtype=int), 1, 0.8)[0, 0]
        held.append(low <= values[30] <= high)
    assert 0.75 < np.mean(held) < 0.87


def test_widths_do_not_fall_with_the_distance():
    ahead = np.repeat(np.arange(1, 9), 40)
    missed = RNG.normal(size=(320, 2)) * (9 - ahead)[:, None]  # falls
    found = bands(missed, ahead, 8, 0.8)
    assert (np.diff(found[:, :, 1], axis=0) >= 0).all()
    assert (np.diff(found[:, :, 0], axis=0) <= 0).all()


def test_a_forecast_lies_in_its_interval():
    found = bands(np.full((50, 1), 3.0), np.ones(50, dtype=int), 2, 0.8)
    assert found[:, 0].tolist() == [[0, 3], [0, 3]]


def test_unknown_values_have_no_interval():
    missed = np.stack([np.full(30, np.nan), RNG.normal(size=30)], axis=1)
    found = bands(missed, np.ones(30, dtype=int), 1, 0.8)
    assert not found[0, 0].any() and found[0, 1].all()


def test_a_correction_that_is_right_counts_nearly_fully():
    ahead = np.ones(200, dtype=int)
    change = RNG.normal(size=(200, 1))
    gain, left = gains(change, change.copy(), ahead, 1)
    assert gain[0, 0] == pytest.approx(200 / 204)
    assert left == pytest.approx(4 / 204)


def test_a_correction_twice_too_large_counts_half():
    change = RNG.normal(size=(200, 1))
    gain, _ = gains(change, change / 2, np.ones(200, dtype=int), 1)
    assert gain[0, 0] == pytest.approx(0.5 * 200 / 204)


def test_noise_does_not_count():
    rest = RNG.normal(size=(300, 1))
    change = np.where(np.arange(300)[:, None] % 2, 1.0, -1.0) * np.abs(rest)
    gain, left = gains(np.sign(rest) * -np.abs(change), rest, np.ones(300, dtype=int), 1)
    assert not gain.any() and left == 1


def test_each_distance_has_the_gain_of_its_neighbours():
    ahead = np.repeat([1, 12], 200)
    change = RNG.normal(size=(400, 1))
    rest = np.where(ahead[:, None] == 1, change, -change)
    gain, _ = gains(change, rest, ahead, 12)
    assert gain[0, 0] > 0.9 and gain[11, 0] == 0
    np.testing.assert_allclose(gain[:, 0], np.interp(np.arange(1, 13), [1, 12], gain[[0, 11], 0]))


def test_samples_far_ahead_count_as_fewer():
    change = RNG.normal(size=(200, 1))
    gain, _ = gains(change, change.copy(), np.full(200, 10), 10)
    assert gain[9, 0] == pytest.approx(20 / 24)


def test_a_distance_that_is_unknown_for_one_value_takes_that_of_the_others():
    ahead = np.repeat([1, 12], 100)
    change = RNG.normal(size=(200, 2))
    rest = change.copy()
    rest[ahead == 12, 1] = np.nan
    gain, _ = gains(change, rest, ahead, 12)
    assert gain[11, 1] == gain[0, 1] > 0.9
