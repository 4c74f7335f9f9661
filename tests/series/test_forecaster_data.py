"""LiquidForecaster: several values and series, inputs, gaps, many digits, and intervals that hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mycaffe_py.errors import MyCaffeWarning
from mycaffe_py.series import LiquidForecaster

from .conftest import days, panel, wave


def future(promo, count=2):
    return pd.DataFrame(
        {
            "day": np.repeat(days(count, "2000-03-21"), 2),
            "shop": ["a", "b"] * count,
            "promo": np.full(2 * count, promo),
        }
    )


def test_each_series_is_forecast_at_its_own_scale(shops):
    found = shops.predict(known_inputs=future(0.0))
    assert list(found.columns) == ["shop", "day", "sold"]
    assert found["shop"].tolist() == ["a", "a", "b", "b"]
    sizes = found.groupby("shop")["sold"].apply(lambda sold: np.abs(sold).max())
    assert sizes["a"] < 5 < 20 < sizes["b"]


def test_series_by_name(shops):
    whole = shops.predict(known_inputs=future(0.0))
    one = shops.predict(known_inputs=future(0.0), series="b")
    pd.testing.assert_frame_equal(one, whole[2:].reset_index(drop=True))


def test_known_inputs_change_the_forecast_in_their_direction(shops):
    without, with_promo = (shops.predict(known_inputs=future(each))["sold"] for each in (0.0, 1.0))
    assert (with_promo > without).all()


def test_known_inputs_that_are_missing_are_told(shops):
    with pytest.warns(MyCaffeWarning, match="promo: not given for the last 2 of 2 rows; give"):
        shops.predict()


def test_known_inputs_may_be_in_the_data(shops):
    later = future(1.0).assign(sold=np.nan, heat=np.nan)
    found = shops.predict(data=pd.concat([panel(), later]))
    pd.testing.assert_frame_equal(found, shops.predict(known_inputs=future(1.0)))


def test_a_new_series_is_forecast_too(shops):
    other = panel()[panel()["shop"] == "b"].assign(shop="c")
    found = shops.predict(
        data=other, known_inputs=future(0.0).query("shop == 'b'").assign(shop="c")
    )
    whole = shops.predict(known_inputs=future(0.0), series="b")
    np.testing.assert_allclose(found["sold"], whole["sold"], rtol=1e-6)
    assert found["shop"].tolist() == ["c", "c"]


def test_the_score_of_several_series(shops):
    longer = panel(83)
    assert -50 < shops.score(longer) < 0


def test_holidays_are_known_inputs(quick):
    table = panel().query("shop == 'a'").drop(columns=["shop", "heat"])
    model = LiquidForecaster(**quick, holiday_column="promo").fit(table)
    later = future(1.0).query("shop == 'a'").drop(columns="shop")
    assert list(model.predict(known_inputs=later).columns) == ["day", "sold"]
    with pytest.warns(MyCaffeWarning, match="promo: not given"):
        model.predict()


def test_missing_values_are_not_numbers(quick):
    values = np.stack([wave(80), 5 + wave(80)], axis=1)
    values[::7, 0], values[3::11, 1], values[-1, 1] = np.nan, np.nan, np.nan
    found = LiquidForecaster(**quick).fit(values).predict(3)
    assert np.isfinite([found["value_0"], found["value_1"]]).all()
    assert (found["value_1"] > 3).all() and found["time"].tolist() == [80, 81, 82]


def test_large_levels_keep_their_digits(quick):
    rows = np.arange(150)
    data = pd.DataFrame({"level": 1e9 + 10 * np.sin(2 * np.pi * rows / 12)}, index=days(150))
    settings = quick | {"horizon": 3, "period": 12, "base": "seasonal", "validation_share": 0.2}
    found = LiquidForecaster(**settings).fit(data)
    expected = 1e9 + 10 * np.sin(2 * np.pi * (150 + np.arange(3)) / 12)
    # float32 has steps of 64 there
    np.testing.assert_allclose(found.predict()["level"], expected, atol=1e-6, rtol=0)
    assert found.period_ == (12.0,)


def test_intervals_hold_as_much_as_they_say(quick):
    rng = np.random.default_rng(3)
    settings = quick | {"interval": 0.8, "horizon": 1, "validation_share": 0.5}
    found = LiquidForecaster(**settings).fit(rng.normal(size=600)).predict()
    # the 10 % and 90 % quantiles of the standard normal distribution are at 1.2816 from its mean
    assert found["value_upper"] - found["value_lower"] == pytest.approx(2 * 1.2816, rel=0.15)
    fresh = rng.normal(size=2000)
    held = (found["value_lower"] <= fresh) & (fresh <= found["value_upper"])
    assert held.mean() == pytest.approx(0.8, abs=0.1)


def test_logarithms_forecast_growth(quick):
    growing = 3 * 1.1 ** np.arange(80)
    found = LiquidForecaster(**quick, transform="log", base="drift").fit(growing).predict(2)
    np.testing.assert_allclose(found["value"], 3 * 1.1 ** np.array([80.0, 81.0]), rtol=0.02)


def test_a_word_for_a_period_is_in_days(quick):
    index = pd.date_range("2000-01-01", periods=120, freq="h")
    cycle = np.sin(2 * np.pi * np.arange(122) / 24)
    data = pd.DataFrame({"level": cycle[:120]}, index=index)
    model = LiquidForecaster(**quick, period="day", base="seasonal").fit(data)
    assert model.period_ == (1.0,) and model.settings_["period"] == [1.0, 0.5, pytest.approx(1 / 3)]
    assert model.baseline_ == "seasonal naive"
