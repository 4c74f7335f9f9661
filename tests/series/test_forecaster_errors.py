"""LiquidForecaster refuses what it cannot use, in the words of its parameters."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from mycaffe_py.errors import ConfigError, DataError, DivergedError, MyCaffeError, ShapeError
from mycaffe_py.series import LiquidForecaster

from .conftest import QUICK, days, frame, panel, wave

TABLE = {"when": np.arange(60), "level": wave(60)}


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"horizon": 0}, "horizon must be a whole number from 1 to 100000, not 0"),
        ({"horizon": 2.0}, "horizon must be"),
        ({"horizon": True}, "horizon must be"),
        ({"members": 101}, "members must be"),
        ({"window": "4"}, "window must be"),
        ({"max_updates": 0}, "max_updates must be"),
        ({"interval": 1}, "interval must be a number from 0 to below 1"),
        ({"interval": None}, "interval must be"),
        ({"validation_share": 0.9}, "validation_share must be"),
        ({"train_share": 0}, "train_share must be"),
        ({"learning_rate": -1}, "learning_rate must be"),
        ({"learning_rate": np.nan}, "learning_rate must be"),
        ({"transform": "logs"}, 'transform must be one of.*did you mean "log"'),
        ({"base": 3}, "base must be one of best, last"),
        ({"calendar": "yes"}, "calendar must be True or False"),
        ({"verbose": 2}, "verbose must be True or False"),
        ({"period": "yaer"}, 'did you mean "year"'),
        ({"period": -3}, "period must be a number above 0"),
        ({"period": [1, 2, 3]}, "a list of one or two"),
        ({"period": "year"}, 'the times in column "when" are numbers, no dates'),
        ({"calendar": True}, "calendar needs dates, but the times are numbers"),
        ({"value_columns": 3}, "value_columns must be the name of a column or a list"),
        ({"series_column": 3}, "series_column must be the name of a column"),
        ({"value_columns": ["lvel"]}, r'no column "lvel" \(value_columns\)'),
        ({"time_column": "wehn"}, 'no column "wehn".*did you mean "when"'),
        ({"input_columns": "level"}, "no column to predict besides the times"),
        ({"value_columns": "level", "input_columns": "level"}, 'the column "level".*twice'),
        ({"transform": "log"}, r'column "level" has .* in row \d+; logarithms need values above 0'),
        ({"random_state": -1}, "random_state must be"),
        ({"device": "tpu"}, 'unknown device "tpu"'),
    ],
)
def test_parameters(params, match):
    with pytest.raises((ConfigError, DataError), match=match):
        LiquidForecaster(**{**QUICK, **params}).fit(TABLE)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ([], "the table has no columns"),
        ([1.0], "needs at least 2 rows of data, has 1"),
        (None, "NoneType is no table"),
        ("data.csv", "str is no table"),
        (np.zeros((3, 3, 3)), "is no table"),
        (np.full(50, np.nan), 'column "value": every cell is empty'),
        (np.append(wave(50), np.inf), '"inf" is not a finite number'),
        ({**TABLE, "name": ["x"] * 60}, '"x" is not a number.*value_columns'),
        ({**TABLE, "when": -np.arange(60)}, "times must not decrease.*series_column"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), '2 columns are named "a"'),
    ],
)
def test_data(data, match):
    with pytest.raises(DataError, match=match) as caught:
        LiquidForecaster(**QUICK).fit(data)
    assert "series_param" not in str(caught.value) and "table:" not in str(caught.value)[6:]


def test_times_that_do_not_fit(quick):
    with pytest.raises(ShapeError, match="59 times for 60 rows"):
        LiquidForecaster(**quick).fit(wave(60), times=days(59))
    with pytest.raises(DataError, match='the table has a column "time"'):
        LiquidForecaster(**quick).fit({"time": days(60), "level": wave(60)}, times=days(60))


def test_a_rate_that_is_too_high(quick):
    settings = quick | {"learning_rate": 1e30, "max_updates": 50}
    wanted = pytest.raises(DivergedError, match="lower learning_rate")
    with np.errstate(all="ignore"), warnings.catch_warnings(), wanted:
        warnings.simplefilter("ignore", RuntimeWarning)
        LiquidForecaster(**settings).fit(wave(60))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"steps": 0}, "steps must be a whole number, at least 1, not 0"),
        ({"steps": 1.5}, "steps must be"),
        ({"steps": True}, "steps must be"),
        ({"series": "a"}, "one series, so none can be named"),
        ({"start": "soon"}, 'start "soon" does not match'),
        ({"start": "1990-01-01"}, "before the first row"),
        ({"times": days(3)}, "times are given without data"),
        ({"known_inputs": {"time": days(2)}}, "name their columns in known_input_columns"),
        ({"data": {"time": days(9), "lvel": wave(9)}}, 'needs the column "level"'),
        ({"data": {"time": np.arange(9), "level": wave(9)}}, "are numbers; in the training they"),
        ({"data": frame(1)}, "needs at least 2 rows of data, has 1"),
    ],
)
def test_forecasts(forecaster, options, match):
    with pytest.raises(MyCaffeError, match=match) as caught:
        forecaster.predict(**options)
    assert caught.value.code != "E000"
    assert len(forecaster.predict()) == 1  # an error leaves it usable


def test_series_and_known_inputs(shops):
    with pytest.raises(ConfigError, match='there is no series "c"'):
        shops.predict(series="c")
    with pytest.raises(DataError, match='the table known_inputs needs the column "promo"'):
        shops.predict(known_inputs={"day": days(2), "shop": ["a", "b"]})
    one = panel().query("shop == 'a'").drop(columns=["shop", "heat"])
    model = LiquidForecaster(**QUICK, known_input_columns=["promo"]).fit(one)
    with pytest.raises(DataError, match="known_inputs begin at .*, but the last known row is at"):
        model.predict(known_inputs={"day": days(2, "2000-03-20"), "promo": [1.0, 0.0]})


def test_scores(forecaster):
    with pytest.raises(DataError, match="no row is later than those of the training"):
        forecaster.score(frame(200))
    unknown = frame(203)
    unknown.iloc[200:] = np.nan
    with pytest.raises(DataError, match="no value is known"):
        forecaster.score(unknown)
