"""Scaling by median and spread, and how long a training takes at most."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.series.scaling import Scaling
from mycaffe_py.series.settings import Plan, check_settings
from mycaffe_py.series.spans import typical_span


def of(values):
    scaling = Scaling.of(np.asarray(values, float).reshape(-1, 1))
    return scaling.center[0], scaling.scale[0]


def test_a_normal_distribution_gets_its_mean_and_spread():
    values = 5 + 2 * np.random.default_rng(0).standard_normal(100_000)
    assert of(values) == pytest.approx((5, 2), rel=0.02)


def test_rare_outliers_and_nan_do_not_matter():
    values = np.random.default_rng(0).standard_normal(1000)
    wild = np.concatenate([values, [1e12, np.nan, np.nan]])
    assert of(wild) == pytest.approx(of(values), rel=0.1, abs=0.01)


@pytest.mark.parametrize(
    ("values", "center", "scale"),
    [
        ([3, 3, 3], 3, 1),
        ([np.nan, np.nan], 0, 1),
        ([0] * 95 + [1] * 5, 0, 1 / 4.653),  # pulses: the quartiles are equal
        ([0] * 999 + [1], 0, np.sqrt(0.001 * 0.999)),  # so are the hundredths
        ([1e9] * 5 + [1e9 * (1 + 1e-15)] * 5, 1e9, 1),  # rounding
    ],
    ids=["constant", "unknown", "pulses", "a pulse", "rounding"],
)
def test_columns_without_much_spread(values, center, scale):
    assert of(values) == pytest.approx((center, scale), rel=1e-6)


def test_digits_are_kept():
    values = 1e9 + np.arange(100) * 1e-3
    scaling = Scaling.of(values[:, None])
    np.testing.assert_allclose(
        scaling.undo(scaling.apply(values[:, None]))[:, 0], values, rtol=1e-15
    )
    assert np.ptp(scaling.apply(values[:, None])) == pytest.approx(
        99 * 1e-3 / scaling.scale[0], rel=1e-6
    )


def test_the_typical_span_is_the_median_above_0():
    assert typical_span(np.array([[0, 0, 0, 2, 3, 10]])) == 3
    assert typical_span(np.zeros((2, 3))) == 1


@pytest.mark.parametrize(
    ("rows", "given", "updates", "epochs", "patience"),
    [
        (320, {}, 1000, 100, 500),
        (32, {}, 200, 200, 100),  # at most 200 epochs
        (3200, {}, 2000, 20, 1000),  # at least 20
        (320, {"epochs": 3}, 30, 3, 15),
        (320, {"max_updates": 25}, 25, 3, 12),
        (320, {"epochs": 2, "max_updates": 25, "patience": 4}, 20, 2, 4),
        (1, {"epochs": 1}, 1, 1, 1),
    ],
)
def test_limits_of_a_training(rows, given, updates, epochs, patience):
    params = {"batch_size": 32, "epochs": None, "max_updates": None, "patience": None, **given}
    assert Plan.of(rows, params) == Plan(updates, epochs, patience)


def test_the_defaults_are_valid():
    from mycaffe_py.series import LiquidClassifier, LiquidRegressor

    for cls in (LiquidClassifier, LiquidRegressor):
        check_settings(cls().get_params())
