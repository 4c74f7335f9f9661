"""ForecastStream: rows one by one, and the forecasts of all rows as a table."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from mycaffe_py.errors import ConfigError, DataError, ShapeError
from mycaffe_py.series import LiquidForecaster

from .conftest import CHAOS, QUICK, days, frame, panel, wave


def test_it_forecasts_as_from_a_table(forecaster):
    whole = frame(230)
    stream = forecaster.stream()
    for time, value in zip(whole.index[200:], whole["level"][200:], strict=True):
        stream.update(time, value)
    expected = forecaster.predict(4, data=whole)
    pd.testing.assert_frame_equal(stream.predict(4), expected, rtol=1e-6)
    assert len(stream) == 230
    found = stream.predict(4, return_forecast=True)
    np.testing.assert_allclose(found.predictions[:, 0], expected["level"], rtol=1e-6)


@pytest.fixture(scope="module")
def seasonal():
    """A forecaster of two values with a season, and gaps."""
    values = np.stack([wave(300), 3 * wave(300)[::-1]], axis=1)
    values[::9, 0] = np.nan
    return LiquidForecaster(**QUICK | {"horizon": 3}, period=13, base="ridge").fit(values)


def test_old_rows_are_dropped_and_change_nothing(seasonal):
    rng = np.random.default_rng(4)
    more = 50 * np.cumsum(rng.normal(size=(4700, 2)), axis=0)
    more[:, 1][rng.random(4700) < 0.2] = np.nan
    more[-1, 1] = 1.0
    more[-900:, 0] = np.nan  # last seen before the rows that are kept otherwise
    stream = seasonal.stream()
    for row, values in enumerate(more):
        stream.update(300 + row, values)
    table = seasonal._trained.table
    known = np.stack([table.numbers(1), table.numbers(2)], axis=1)
    expected = seasonal.predict(5, data=np.concatenate([known, more]))
    found = stream.predict(5)
    assert 900 < len(stream) < 1700
    assert found["time"].tolist() == expected["time"].tolist() == [5000, 5001, 5002, 5003, 5004]
    for name in ("value_0", "value_1"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)


def test_several_series_with_inputs(shops):
    stream = shops.stream()
    later = panel(83)[160:]
    for _, row in later.iterrows():
        given = {name: row[name] for name in ("sold", "promo", "heat")}
        stream.update(row["day"], given, series=row["shop"])
    known = pd.DataFrame({"day": days(1, "2000-03-24").repeat(2), "shop": ["a", "b"], "promo": 1.0})
    expected = shops.predict(1, data=panel(83), known_inputs=known)
    pd.testing.assert_frame_equal(stream.predict(1, known_inputs=known), expected)
    one = stream.predict(1, known_inputs=known, series="b")
    pd.testing.assert_frame_equal(one, expected[1:].reset_index(drop=True))


def test_a_row_by_names_and_in_order_is_the_same(shops):
    known = pd.DataFrame({"day": days(1, "2000-03-22").repeat(2), "shop": ["a", "b"], "promo": 1.0})
    found = []
    for row in ({"heat": 0.5, "sold": 2.0}, [2.0, 0.5, None]):
        stream = shops.stream()
        stream.update("2000-03-21", row, series="a")
        found.append(stream.predict(1, series="a", known_inputs=known))
    pd.testing.assert_frame_equal(*found)


def test_times_as_text_and_with_a_zone(quick):
    texts = [str(day.date()) for day in days(60)]
    stream = LiquidForecaster(**quick).fit({"when": texts, "level": wave(60)}).stream()
    stream.update("2000-03-01", 0.5)
    assert stream.predict(1)["when"].tolist() == ["2000-03-02"]
    with pytest.raises(DataError, match='the time "1.3.2000" does not match'):
        stream.update("1.3.2000", 0.5)
    zoned = pd.DataFrame({"level": wave(60)}, index=days(60).tz_localize("Europe/Berlin"))
    stream = LiquidForecaster(**quick).fit(zoned).stream()
    stream.update(datetime(2000, 3, 1, tzinfo=timezone(timedelta(hours=1))), 0.5)
    assert stream.predict(1).index[0] == pd.Timestamp("2000-03-02", tz="Europe/Berlin")
    for time in (datetime(2000, 3, 2), np.datetime64("2000-03-02")):
        with pytest.raises(DataError, match="has no time zone, unlike those before it"):
            stream.update(time, 0.5)


@pytest.mark.parametrize(
    ("time", "values", "error", "match"),
    [
        ("2000-01-05", 1.0, DataError, "before that of the last row"),
        ("soon", 1.0, DataError, "'soon' is no date"),
        (None, 1.0, DataError, "the time is empty"),
        ("2010-01-01", [1.0, 2.0], ShapeError, r"a row has 1 values? \(level\), not 2"),
        ("2010-01-01", {"lvel": 1.0}, ConfigError, 'no column "lvel".*did you mean "level"'),
        ("2010-01-01", "x", DataError, "level: 'x' is no number"),
        ("2010-01-01", np.inf, DataError, "level: inf is too large"),
    ],
)
def test_bad_rows_are_refused_and_not_kept(forecaster, time, values, error, match):
    stream = forecaster.stream()
    with pytest.raises(error, match=match):
        stream.update(time, values)
    assert len(stream) == 200
    pd.testing.assert_frame_equal(stream.predict(), forecaster.predict())


def test_series_are_named_where_there_are_several(forecaster, shops):
    with pytest.raises(ConfigError, match='give series=, the name in column "shop"'):
        shops.stream().update("2000-04-01", [1.0, 1.0, 1.0])
    with pytest.raises(ConfigError, match="leave series out"):
        forecaster.stream().update("2010-01-01", 1.0, series="a")


def test_a_stream_of_other_rows(forecaster):
    stream = forecaster.stream(frame(40))
    assert len(stream) == 40
    pd.testing.assert_frame_equal(stream.predict(), forecaster.predict(data=frame(40)))
    assert CHAOS["horizon"] == len(stream.predict())
