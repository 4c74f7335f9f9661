"""LiquidForecaster: conventions, the kinds of data, and the same numbers as the trainer gives."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mycaffe_py import errors
from mycaffe_py.builder import build_training
from mycaffe_py.device.device import default_device
from mycaffe_py.forecast import Forecast
from mycaffe_py.series import LiquidForecaster
from mycaffe_py.series.forecast_settings import gym_settings, solver_document
from mycaffe_py.tables import lent

from .conftest import CHAOS, QUICK, days, frame, wave


def test_it_gives_the_numbers_of_the_command(forecaster, tmp_path):
    with lent(frame()) as name:
        settings = {
            "solver": "series.prototxt",
            "overrides": [
                f"solver.trainer.gym.series_param.csv_file={name}",
                "solver.trainer.gym.series_param.window=2",
                "solver.trainer.gym.series_param.train_share=1",
                "solver.base_lr=0.04",
                "solver.max_iter=100",
                "solver.snapshot_after_train=false",
            ],
            "device": "cpu",
            "seed": 1,
        }
        training = build_training(**settings)
        training.solver.solve()
        training.net.save(tmp_path / "made.caffemodel")
        made = build_training(**settings, phase="TEST", weights=tmp_path / "made.caffemodel")
        expected = made.trainer.forecast(made.net, 5)
    assert forecaster.n_updates_ == training.solver.iter and forecaster.seed_ == 1
    found = forecaster.predict(5)
    for name in ("predictions", "lower", "upper"):
        column = "level" if name == "predictions" else f"level_{name}"
        np.testing.assert_array_equal(found[column], getattr(expected, name)[:, 0])


def test_the_net_is_in_use(forecaster):
    assert forecaster.weights_["forecast/0"].any()
    other = copy.deepcopy(forecaster)
    other._trained.weights["cfc/11"][...] += 1  # what the net adds to the change
    assert (other.predict()["level"] != forecaster.predict()["level"]).all()


# Conventions.


def test_conventions_of_scikit_learn(forecaster):
    fresh = LiquidForecaster(device="cpu")
    for error in (NotFittedError, errors.NotFittedError):
        with pytest.raises(error, match="has not been trained"):
            fresh.predict()
    check_is_fitted(forecaster)
    twin = clone(forecaster)
    assert twin.get_params() == forecaster.get_params() == {**fresh.get_params(), **CHAOS}
    assert not hasattr(twin, "weights_")
    assert fresh.set_params(horizon=3).horizon == 3
    assert repr(fresh).startswith("LiquidForecaster(device='cpu', horizon=3)")
    with pytest.raises(errors.ConfigError, match="no parameter"):
        fresh.set_params(horizn=3)


def test_a_pickled_one_forecasts_the_same(forecaster):
    for twin in (pickle.loads(pickle.dumps(forecaster)), copy.deepcopy(forecaster)):
        pd.testing.assert_frame_equal(twin.predict(3), forecaster.predict(3), check_exact=True)


def test_a_failed_fit_changes_nothing(forecaster):
    twin = copy.deepcopy(forecaster)
    before = twin.predict()
    with pytest.raises(errors.DataError):
        twin.fit(np.full(50, np.nan))
    pd.testing.assert_frame_equal(twin.predict(), before)


def test_the_same_seed_gives_the_same_bits_and_leaves_the_default_generator_alone():
    state = default_device().rng.bit_generator.state
    one, two = (LiquidForecaster(**QUICK).fit(wave(60)).predict(3)["value"] for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert default_device().rng.bit_generator.state == state


def changed(**params):
    """The solver's settings as text, with parameters other than the default ones."""
    given = {**LiquidForecaster().get_params(), **params}
    return str(solver_document(given, gym_settings(given, "time"), "table:1").message)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("horizon", 7, "horizon: 7"),
        ("period", "week", "season: 7"),
        ("period", [24, 168.0], "season: 24"),
        ("value_columns", ["a", "b"], 'value_column: "b"'),
        ("input_columns", "heat", 'input_column: "heat"'),
        ("known_input_columns", "promo", 'known_input_column: "promo"'),
        ("holiday_column", "free", 'holiday_column: "free"'),
        ("series_column", "shop", 'series_column: "shop"'),
        ("calendar", True, "calendar: true"),
        ("members", 3, "members: 3"),
        ("interval", 0.5, "interval: 0.5"),
        ("transform", "log", "transform: LOG"),
        ("base", "drift", "base: DRIFT"),
        ("window", 9, "window: 9"),
        ("train_share", 0.5, "train_share: 0.5"),
        ("validation_share", 0.5, "validation_share: 0.5"),
        ("max_updates", 5, "max_iter: 5"),
        ("learning_rate", 0.5, "base_lr: 0.5"),
    ],
)
def test_each_parameter_is_a_setting(name, value, text):
    assert text in changed(**{name: value}) and text not in changed()


def test_progress_is_shown_on_demand(capsys, quick):
    LiquidForecaster(**quick, verbose=True).fit(wave(40))
    assert "3/3" in capsys.readouterr().err
    LiquidForecaster(**quick).fit(wave(40))
    assert capsys.readouterr() == ("", "")


# Kinds of data.

WHEN = days(60)
LATER = days(2, "2000-03-01")


@pytest.fixture(scope="module")
def expected():
    return LiquidForecaster(**QUICK).fit(wave(60), times=WHEN).predict(2)


def test_arrays_give_a_dict(expected):
    assert list(expected)[:2] == ["time", "value"]
    np.testing.assert_array_equal(expected["time"], LATER.to_numpy())


@pytest.mark.parametrize("name", ["day", None])
def test_pandas_with_an_index_of_dates(expected, name):
    data = pd.DataFrame({"level": wave(60)}, index=WHEN.rename(name))
    found = LiquidForecaster(**QUICK).fit(data).predict(2)
    assert isinstance(found, pd.DataFrame) and found.index.name == name
    assert list(found.index) == list(LATER)
    np.testing.assert_array_equal(found["level"], expected["value"])


def test_a_column_of_pandas(expected):
    found = LiquidForecaster(**QUICK).fit(pd.Series(wave(60), WHEN)).predict(2)
    np.testing.assert_array_equal(found["value"], expected["value"])


def test_times_in_a_zone_are_given_back_in_it():
    zone = "Europe/Berlin"
    data = pd.DataFrame({"level": wave(60)}, index=WHEN.tz_localize(zone))
    found = LiquidForecaster(**QUICK).fit(data).predict(2)
    assert list(found.index) == list(LATER.tz_localize(zone))
    data = pl.DataFrame({"when": pl.Series(WHEN).dt.replace_time_zone(zone), "level": wave(60)})
    found = LiquidForecaster(**QUICK).fit(data).predict(2)
    assert found["when"].to_list() == [one.to_pydatetime() for one in LATER.tz_localize(zone)]


def test_polars_and_pyarrow(expected):
    columns = {"when": WHEN.to_numpy(), "level": wave(60)}
    found = LiquidForecaster(**QUICK).fit(pl.DataFrame(columns)).predict(2)
    assert isinstance(found, pl.DataFrame)
    assert found["when"].to_list() == [one.to_pydatetime() for one in LATER]
    np.testing.assert_array_equal(found["level"], expected["value"])
    found = LiquidForecaster(**QUICK).fit(pa.table(columns)).predict(2)
    assert isinstance(found, pa.Table)
    assert found["when"].to_pylist() == [one.to_pydatetime() for one in LATER]
    np.testing.assert_array_equal(found["level"], expected["value"])


def test_dates_as_text_stay_text(expected):
    columns = {"when": [str(day.date()) for day in WHEN], "level": wave(60)}
    found = LiquidForecaster(**QUICK).fit(columns).predict(2)
    assert found["when"].tolist() == ["2000-03-01", "2000-03-02"]
    np.testing.assert_array_equal(found["level"], expected["value"])


def test_without_times_rows_are_counted():
    found = LiquidForecaster(**QUICK).fit(list(wave(60))).predict(3)
    assert found["time"].dtype == np.int64 and found["time"].tolist() == [60, 61, 62]


def test_columns_that_are_numbers_get_names():
    data = pd.DataFrame(np.stack([wave(60), -wave(60)], axis=1), index=WHEN)
    found = LiquidForecaster(**QUICK).fit(data).predict(2)
    assert list(found.columns) == ["value_0", "value_1"]


def test_the_forecast_as_an_object(forecaster):
    found = forecaster.predict(3, return_forecast=True)
    assert isinstance(found, Forecast) and len(found.time) == 200
    np.testing.assert_array_equal(found.predictions[:, 0], forecaster.predict(3)["level"])


# Other rows.


def test_newer_rows_and_a_start(forecaster):
    whole = frame(210)
    newer = forecaster.predict(2, data=whole)
    assert newer.index[0] == whole.index[-1] + pd.Timedelta(days=1)
    before = forecaster.predict(2, data=whole, start=whole.index[199])
    pd.testing.assert_frame_equal(before, forecaster.predict(2))
    as_arrays = forecaster.predict(2, data={"time": whole.index, "level": whole["level"]})
    pd.testing.assert_frame_equal(as_arrays, newer)


def test_the_score_is_that_of_forecasts_one_by_one(forecaster):
    whole = frame(212)
    missed = []
    for row in range(200, 212):
        found = forecaster.predict(data=whole.iloc[:row])["level"].iloc[0]
        missed.append(abs(found - whole["level"].iloc[row]))
    assert forecaster.score(whole.iloc[200:]) == pytest.approx(-np.mean(missed), rel=1e-6)
    assert forecaster.score(whole) == forecaster.score(whole.iloc[200:])
