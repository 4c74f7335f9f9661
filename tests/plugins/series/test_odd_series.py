"""Odd and broken tables, trained for a few updates: a documented error, or finite forecasts after the last value."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mycaffe_py.errors import EXIT_CONFIG, MyCaffeError, MyCaffeWarning

from .odd_series import odd_series
from .runs import trained

FEW, MANY = 40, 200


def check(path, seed, former):
    odd = odd_series(seed)
    path.write_text(odd.text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MyCaffeWarning)
        try:
            training = trained(path, odd.settings, former=former)
            found = training.trainer.forecast(training.net, 4)
        except MyCaffeError as error:
            assert error.exit_code == EXIT_CONFIG, odd.kind
            assert str(error).strip()
            return
    for forecast in getattr(found, "forecasts", [found]):
        assert np.isfinite(forecast.predictions).all(), odd.kind
        assert forecast.times[0] >= forecast.time[-1], odd.kind
        assert (np.diff(forecast.times) >= 0).all(), odd.kind
        if forecast.has_bands:
            assert (forecast.lower <= forecast.upper).all(), odd.kind
        if not former:
            check_size(forecast, odd.kind)


def check_size(forecast, kind):
    """Compare with what was seen: 20 times its range beyond its largest value is far off."""
    seen = forecast.value[np.isfinite(forecast.value)]
    largest = np.abs(seen).max()
    assert (np.abs(forecast.predictions) <= 1.02 * largest + 20 * np.ptp(seen)).all(), kind


@pytest.mark.parametrize("seed", range(FEW))
def test_an_odd_table_is_refused_or_forecast(tmp_path, seed):
    check(tmp_path / "a.csv", seed, former=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(FEW, MANY))
def test_more_odd_tables(tmp_path, seed):
    check(tmp_path / "a.csv", seed, former=False)


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_an_odd_table_by_the_former_trainer(tmp_path, seed):
    check(tmp_path / "a.csv", seed, former=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1010, 1100))
def test_more_odd_tables_by_the_former_trainer(tmp_path, seed):
    check(tmp_path / "a.csv", seed, former=True)
