"""Fixtures of the tests of forecasters: small trainings, each made once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mycaffe_py.series import LiquidForecaster

QUICK = {
    **{"horizon": 2, "window": 4, "max_updates": 3, "validation_share": 0.0},
    **{"interval": 0.0, "random_state": 1, "device": "cpu"},
}
CHAOS = {
    **{"horizon": 1, "window": 2, "max_updates": 100, "learning_rate": 0.04},
    **{"random_state": 1, "device": "cpu"},
}
"""Settings with which the net learns something of chaos."""


def days(count, begin="2000-01-01"):
    return pd.date_range(begin, periods=count, freq="D")


def wave(count):
    """A cycle of 12.6 rows, and noise, the same for the same rows."""
    noise = np.random.default_rng(0).normal(size=10_000)
    return np.sin(np.arange(count) / 2) + 0.1 * noise[:count]


def chaos(count=200, first=0.3):
    """The logistic map, x = 3.7 x (1 - x), of which no linear forecast knows much."""
    found = [first]
    for _ in range(count - 1):
        found.append(3.7 * found[-1] * (1 - found[-1]))
    return np.array(found)


def frame(count=200):
    """The first rows of chaos, by day."""
    return pd.DataFrame({"level": chaos(count)}, index=days(count))


def panel(count=80):
    """Two shops with promotions, the second a hundred times as large."""
    rows = np.arange(2 * count)
    promo = (np.random.default_rng(2).random(2 * count) < 0.3).astype(float)
    size = np.where(rows % 2 == 0, 1.0, 100.0)
    return pd.DataFrame(
        {
            "day": np.repeat(days(count), 2),
            "shop": np.where(rows % 2 == 0, "a", "b"),
            "sold": size * (np.sin(rows / 4) + promo),
            "promo": promo,
            "heat": np.random.default_rng(1).normal(size=2 * count),
        }
    )


@pytest.fixture
def quick():
    return dict(QUICK)


@pytest.fixture(scope="session")
def forecaster():
    """A forecaster of chaos whose net is in use."""
    return LiquidForecaster(**CHAOS).fit(frame())


@pytest.fixture(scope="session")
def shops():
    """A forecaster of two series with an input and a known input."""
    columns = {"series_column": "shop", "known_input_columns": "promo", "input_columns": ["heat"]}
    return LiquidForecaster(**QUICK, **columns).fit(panel())
