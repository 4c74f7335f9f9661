"""Checks the forecasts of classical_models.py against statsmodels' own, by pytest; the test suite does without it.

python -m pytest -n0 benchmarks/check_classical.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from pandas import Series
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

sys.path.insert(0, str(Path(__file__).parent))
from classical import Grid, Ridge  # noqa: E402
from classical_models import Autoregression, Smoothing  # noqa: E402
from series_data import CASES  # noqa: E402

AHEAD = 10
LATER = 7


def series_of(name):
    grid = Grid(CASES[name]())
    return grid.values[:, 0], grid.rows, grid.period


@pytest.mark.parametrize(
    "name, season", [("airline", "mul"), ("elnino", "add"), ("nile", None), ("weekly", "mul")]
)
def test_smoothing_goes_on_as_a_model_of_more_rows_with_the_same_parameters(name, season):
    series, rows, period = series_of(name)
    ours = Smoothing(series, rows, period)
    assert ours.season == season
    states = ours.filter(series)
    for last in (rows - 1, rows + LATER):
        model = ETSModel(
            series[: last + 1],
            error="add",
            trend="add",
            damped_trend=True,
            seasonal=season,
            seasonal_periods=period if season else None,
        )
        wanted = model.smooth(np.asarray(ours.fit.params)).forecast(AHEAD)
        found = ours.paths(states.at(np.array([last])), np.zeros((AHEAD, 1)))[:, 0]
        np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_intervals_of_smoothing_are_those_of_the_closed_form():
    series, rows, period = series_of("elnino")
    ours = Smoothing(series, rows, period)
    states = ours.filter(series).at(np.array([rows - 1]))
    _, low, high = ours.forecast(states, AHEAD, np.random.default_rng(0))[:, 0]
    model = ETSModel(
        Series(series[:rows]),
        error="add",
        trend="add",
        damped_trend=True,
        seasonal=ours.season,
        seasonal_periods=period,
    )
    own = model.smooth(np.asarray(ours.fit.params)).get_prediction(rows, rows + AHEAD - 1)
    wanted = own.pred_int(alpha=0.2) @ [-1, 1]
    np.testing.assert_allclose(high - low, wanted, rtol=0.15)


@pytest.mark.parametrize("name", ["airline", "ukgas", "nile"])
def test_autoregressions_go_on_as_with_more_rows_and_the_same_parameters(name):
    series, rows, period = series_of(name)
    ours = Autoregression(series, rows, period)
    found = ours.forecast(series, np.array([rows - 1, rows + LATER]), AHEAD)
    own = ours.fit.get_prediction(rows, rows + AHEAD - 1)
    np.testing.assert_allclose(found[0, 0], own.predicted_mean, rtol=1e-9)
    np.testing.assert_allclose(found[1:, 0].T, own.conf_int(alpha=0.2), rtol=1e-9)
    later = ours.fit.append(series[rows : rows + LATER + 1], refit=False)
    np.testing.assert_allclose(found[0, 1], later.forecast(AHEAD), rtol=1e-9)


def test_ridge_is_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.linear_model")
    case = CASES["airline"]()
    ours = Ridge(case)
    known = np.arange(ours.first, case.train_rows - 3)
    new = np.arange(case.train_rows - 1, len(case) - 3)
    x, last = ours.features(known, 3, 0), case.values[:, 0]
    deviation = np.where(x.std(axis=0) > 1e-9, x.std(axis=0), 1.0)
    model = sklearn.Ridge(alpha=10).fit(x / deviation, last[known + 3] - last[known])
    wanted = last[new] + model.predict(ours.features(new, 3, 0) / deviation)
    np.testing.assert_allclose(ours.fit(known, new, 3, 0)[3], wanted, rtol=1e-8)


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_series_loads(name):
    case = CASES[name]()
    assert case.name == name and len(case.times) == len(case.values) == len(case)
    assert np.all(np.diff(case.times) > 0) and len(case.columns) == case.values.shape[1]
    assert case.text().count("\n") == len(case) + 1
    if case.span and not case.step and case.period > 1:
        typical = np.median(case.times[case.period :] - case.times[: -case.period])
        assert typical == pytest.approx(case.span, rel=0.01)
