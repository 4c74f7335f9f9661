"""Levels and digits: what is large, small, far off or constant is forecast in its own units, in float32."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeWarning

from .runs import trained


def wave(row):
    return math.sin(row / 4)


def forecast(path, values, steps=6):
    """Return the forecast after a few updates, and the warnings."""
    path.write_text("t,v\n" + "".join(f"{row},{value!r}\n" for row, value in enumerate(values)))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", MyCaffeWarning)
        training = trained(path, "horizon: 6")
        found = training.trainer.forecast(training.net, steps)
    return found, [str(each.message) for each in told]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.csv"


@pytest.mark.parametrize("value", [1234562.89, 0.0, 5.0, -3.25, 1e-9, 1e9, 7])
def test_a_constant_stays_to_the_last_digit(file, value):
    found, _ = forecast(file, [value] * 60)
    assert found.predictions.ravel().tolist() == [value] * 6


def test_cents_of_millions_are_kept_in_the_table(file):
    found, _ = forecast(file, [1234562.89 + (row % 2) / 100 for row in range(80)])
    np.testing.assert_allclose(found.predictions[:, 0], [1234562.89, 1234562.90] * 3, atol=0.004)


@pytest.mark.parametrize(("level", "size"), [(1e9, 10), (3e-9, 1e-9), (-5, 1), (-2e7, 0.5)])
def test_a_small_wave_on_any_level_is_forecast_within_its_size(file, level, size):
    found, told = forecast(file, [level + size * wave(row) for row in range(140)])
    expected = [level + size * wave(row) for row in range(140, 146)]
    np.testing.assert_allclose(found.predictions[:, 0], expected, atol=0.2 * size, rtol=0)
    assert not told


def test_an_outlier_is_named_and_does_not_ruin_the_forecast(file):
    values = [5 + wave(row) for row in range(300)]
    values[100] = 1e9
    found, told = forecast(file, values)
    expected = [5 + wave(row) for row in range(300, 306)]
    np.testing.assert_allclose(found.predictions[:, 0], expected, atol=0.5)
    assert len(told) == 1
    assert told[0].startswith("v: 1e+09 at 100 is far from all other values")


def test_a_gap_of_half_the_rows_is_no_obstacle(file):
    values = ["" if 60 <= row < 120 else wave(row) for row in range(120)]
    text = "".join(f"{row},{value}\n" for row, value in enumerate(values))
    file.write_text("t,v\n" + text + "".join(f"{row},{wave(row)}\n" for row in range(120, 180)))
    training = trained(file, "horizon: 6")
    found = training.trainer.forecast(training.net, 6).predictions[:, 0]
    np.testing.assert_allclose(found, [wave(row) for row in range(180, 186)], atol=0.5)


def test_a_column_that_was_0_while_training_is_forecast_finitely(file):
    found, _ = forecast(file, [0] * 90 + [row % 5 for row in range(20)])
    assert ((found.predictions >= -1) & (found.predictions <= 5)).all()


def test_prices_beside_volumes_keep_their_units(file):
    rows = [f"{row},{1e-9 * (3 + wave(row))!r},{1e9 + 1e6 * wave(row)!r}" for row in range(100)]
    file.write_text("t,price,volume\n" + "\n".join(rows) + "\n")
    training = trained(file, "horizon: 6")
    found = training.trainer.forecast(training.net, 6).predictions
    expected = [[1e-9 * (3 + wave(row)), 1e9 + 1e6 * wave(row)] for row in range(100, 106)]
    np.testing.assert_allclose(found / [1e-9, 1e6], np.array(expected) / [1e-9, 1e6], atol=0.3)
